"""A seller's numbers on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class RankedSellerOut(serializers.Serializer[Any]):
    seller_id = serializers.CharField(help_text="One's own, or the nil UUID for all other sellers together")
    seller_name = serializers.CharField(allow_null=True)
    response_rate = serializers.FloatField(allow_null=True)
    average_response_minutes = serializers.FloatField(allow_null=True)
    percentile = serializers.FloatField(allow_null=True, help_text="Of one's own: the share of others one is ahead of")


class ResponseMetricsOut(serializers.Serializer[Any]):
    seller_id = serializers.UUIDField()
    response_rate = serializers.FloatField(help_text="0 to 1")
    average_response_minutes = serializers.FloatField(help_text="Until the first answer; 0 when nobody was answered")
    total_conversations = serializers.IntegerField()
    ranking = RankedSellerOut(many=True, help_text="Best first; empty unless at least five others can be compared with")
    updated_at = serializers.DateTimeField()


class SalesOut(serializers.Serializer[Any]):
    currency = serializers.CharField()
    count = serializers.IntegerField()
    cents = serializers.IntegerField()


class FiguresOut(serializers.Serializer[Any]):
    views = serializers.IntegerField(help_text="People, each once a day and listing")
    favourites = serializers.IntegerField(help_text="Given in this time and still there")
    conversations = serializers.IntegerField(help_text="Begun by buyers in this time")
    replies = serializers.IntegerField(help_text="Of these, answered by now")
    sales = SalesOut(many=True, help_text="Paid and not taken back, by currency")


class TotalFiguresOut(FiguresOut):
    response_rate = serializers.FloatField(allow_null=True, help_text="0 to 1; null when nobody has asked")
    average_response_minutes = serializers.FloatField(allow_null=True, help_text="Null when nobody was answered")


class ListingFiguresOut(FiguresOut):
    listing_id = serializers.UUIDField()
    title = serializers.CharField()
    is_active = serializers.BooleanField()


class DayFiguresOut(FiguresOut):
    day = serializers.DateField()


class SellerNumbersOut(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    totals = TotalFiguresOut()
    listings = ListingFiguresOut(many=True, help_text="The 100 most viewed of those that something happened to")
    days = DayFiguresOut(many=True, help_text="Each of them, also those on which nothing happened")
