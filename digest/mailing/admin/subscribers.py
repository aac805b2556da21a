"""A subscriber's page with every mail's fate: the page itself belongs to `subscriptions`, which knows of no mail."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from digest.mailing.admin.deliveries import DeliveryColumns, ReadOnly
from digest.mailing.models import Delivery
from digest.subscriptions.admin.subscribers import SubscriberAdmin
from digest.subscriptions.models import Subscriber


class DeliveryInline(ReadOnly, DeliveryColumns, admin.TabularInline):  # type: ignore[type-arg]
    model = Delivery
    fields = readonly_fields = (
        "mail",
        "edition_link",
        "state",
        "changed_at",
        "attempts",
        "reason",
        "reply",
        "came_back",
    )
    ordering = ("-pk",)
    extra = 0
    can_delete = False
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.fates(super().get_queryset(request))


class SubscriberWithDeliveriesAdmin(SubscriberAdmin):
    inlines = (*SubscriberAdmin.inlines, DeliveryInline)  # type: ignore[assignment]


admin.site.unregister(Subscriber)
admin.site.register(Subscriber, SubscriberWithDeliveriesAdmin)
