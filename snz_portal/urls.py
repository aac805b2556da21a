"""URL configuration of the portal."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from digest.archive.views import issues, items
from snz_portal import views

urlpatterns = [
    path("", issues.root, name="root"),
    path("", include("digest.archive.urls")),
    path("", include("digest.subscriptions.urls")),
    path("outbox/", include("digest.mailing.demo_outbox")),
    path("pictures/<slug:name>.webp", items.picture, name="picture"),
    path("robots.txt", views.robots),
    path("healthz", views.healthz),
    path("admin/", admin.site.urls),
]
if settings.MAIL_TRANSPORT.startswith("anymail:"):
    from digest.mailing import webhooks  # imported only if used: it loads an HTTP client

    urlpatterns += webhooks.addresses(settings.MAIL_TRANSPORT)
handler400 = "snz_portal.views.bad_request"
handler403 = "snz_portal.views.forbidden"
handler404 = "snz_portal.views.not_found"
handler500 = "snz_portal.views.server_error"
