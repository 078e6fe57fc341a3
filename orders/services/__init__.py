"""What changes an order. Every change of state goes through `moving.move`, every call to a provider through
`operations`, every end through `settling`.
"""
