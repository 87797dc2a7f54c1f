"""The seller of the environment is added by the first command, and follows the environment unless it was stopped."""

import pytest

from xpert_pipeline.cli.onboarding import onboard
from xpert_pipeline.settings import Settings

INDIA, BRITAIN = "A21TJRUUN4KGV", "A1F83G8C2ARO7P"
ONE = Settings(seller_id="A0SHOP", refresh_token="Atzr|x", marketplace_ids=(INDIA,))
TWO = ONE.model_copy(update={"marketplace_ids": (INDIA, BRITAIN)})


def test_a_seller_follows_the_environment_and_keeps_its_name(sellers):
    """A change of the marketplaces in the environment gave the seller its id as its name."""
    onboard(sellers, ONE, None)
    sellers.add("A0SHOP", name="Books", region="eu", marketplace_ids=[INDIA], timezone="Asia/Kolkata")
    onboard(sellers, TWO, None)
    seller = sellers.get("A0SHOP")
    assert (seller.marketplace_ids, seller.name, seller.status) == ((INDIA, BRITAIN), "Books", "active")
    sellers.set_status(seller.id, "reauth_required", "revoked")
    onboard(sellers, TWO, None)
    assert sellers.get("A0SHOP").status == "active"


@pytest.mark.parametrize("status", ["paused", "removed"])
def test_a_stopped_seller_stays_stopped_whatever_the_environment_names(sellers, status):
    """A paused seller was synced again as soon as the environment named another marketplace."""
    onboard(sellers, ONE, None)
    seller = sellers.get("A0SHOP")
    sellers.set_status(seller.id, status, "by the operator")
    onboard(sellers, TWO, None)
    assert sellers.get("A0SHOP").status == status
    sellers.set_status(seller.id, "active")
    onboard(sellers, TWO, None)
    assert sellers.get("A0SHOP").marketplace_ids == (INDIA, BRITAIN)
