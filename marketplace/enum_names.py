"""What the API document calls choices where several shapes have a field of the same name. `common` knows no app, so
this is here."""

from __future__ import annotations

ENUM_NAMES = {
    "ListingStateEnum": "listings.models.Listing.State",
    "SupportRoleEnum": "accounts.models.person.Role",
    "PhotoStateEnum": "listings.models.Photo.State",
    "OrderStateEnum": "orders.lifecycle.State",
    "OrderStatusEnum": "orders.lifecycle.Status",
    "PartyEnum": "orders.lifecycle.Party",
    "OrderPartyEnum": "orders.models.dispute.RAISERS",
    "DisputeStatusEnum": "orders.models.Dispute.Status",
    "OfferStateEnum": "orders.models.Offer.State",
    "EscrowStatusEnum": "orders.lifecycle.EscrowStatus",
    "PaymentStatusEnum": "orders.serializers.orders.PAYMENT_STATUSES",
    "TaskStateEnum": "listings.models.MaintenanceRun.State",
    "PriceAlgorithmEnum": "listings.models.PriceSuggestion.Algorithm",
    "ReportStateEnum": "accounts.models.PersonReport.State",
    "PersonReportReasonEnum": "accounts.models.PersonReport.Reason",
    "ListingReportReasonEnum": "listings.models.ListingReport.Reason",
    "MessageReportReasonEnum": "chat.models.MessageReport.Reason",
    "MessageTypeEnum": "chat.models.Message.Kind",
    "SayableTypeEnum": "chat.serializers.messages.SAYABLE",
    "RoomKindEnum": "chat.models.Room.Kind",
    "OwnRoomKindEnum": "chat.serializers.rooms.OWN_KINDS",
    "RoomRoleEnum": "chat.models.Member.Role",
    "GivenRoleEnum": "chat.serializers.rooms.GIVEN_ROLES",
    "MemberStateEnum": "chat.models.Member.State",
    "UploadStateEnum": "chat.models.Upload.State",
    "PreviewSizeEnum": "chat.serializers.uploads.PREVIEW_SIZES",
}
