"""What was bought on the demo campus: orders in every state, made by the very services that people use.

So the books add up, here as everywhere. What is bought, by whom and how it goes comes out of a seed and a position;
when it happened is now, for the database lets nobody write the past. Start reading in `market.py`.
"""
