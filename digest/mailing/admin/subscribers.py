"""The subscriber's page with their deliveries. The page is in `subscriptions`, which may not import `mailing`."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from digest.mailing.admin.deliveries import DeliveryColumns, ReadOnlyAdmin
from digest.mailing.models import Delivery
from digest.subscriptions.admin.subscribers import SubscriberAdmin
from digest.subscriptions.models import Subscriber


class DeliveryInline(ReadOnlyAdmin, DeliveryColumns, admin.TabularInline):  # type: ignore[type-arg]
    model = Delivery
    fields = readonly_fields = (
        "mail",
        "edition_link",
        "state",
        "changed_at",
        "attempts",
        "reason",
        "reply",
        "reports",
    )
    ordering = ("-pk",)
    extra = 0
    can_delete = False
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.with_related(super().get_queryset(request))


class SubscriberWithDeliveriesAdmin(SubscriberAdmin):
    inlines = (*SubscriberAdmin.inlines, DeliveryInline)  # type: ignore[assignment]


admin.site.unregister(Subscriber)
admin.site.register(Subscriber, SubscriberWithDeliveriesAdmin)
