"""The one flow of this project."""

from penstock import flow

delivery = flow(
    "delivery",
    title="Delivery",
    description="Brings a parcel from the request to its recipient.",
    owner="Parcels team",
    tags=["parcels"],
)
