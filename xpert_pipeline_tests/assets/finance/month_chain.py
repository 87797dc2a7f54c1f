"""Each step of a month close begins with the sum with which the one before ends."""

CHAIN = """
select month, currency, step_number, sum(left_amount), sum(right_amount) from xpert_views.month_close
group by 1, 2, 3 order by 1, 2, 3
"""


def require_chain(rows):
    """What is right in a step is left in the next one; gives the number of months and currencies."""
    sides = {(month, currency, step): (left, right) for month, currency, step, left, right in rows}
    for month, currency, step in sides:
        if step > 1:
            assert sides[month, currency, step][0] == sides.get((month, currency, step - 1), (0, 0))[1]
        if step < 5:
            assert sides[month, currency, step][1] == sides.get((month, currency, step + 1), (0, 0))[0]
    return len({(month, currency) for month, currency, _ in sides})
