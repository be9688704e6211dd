"""The only place where implementations are chosen and joined.

Below it nothing can ask whether this is a demo, a paper account or real money: a composition differs
from another by the parts that are put together here, and by nothing else.
"""
