"""The webhooks of three providers, and nothing else."""

from digest.mailing import webhooks

urlpatterns = [
    *webhooks.addresses("anymail:postmark"),
    *webhooks.addresses("anymail:brevo"),
    *webhooks.addresses("anymail:mailjet"),
    *webhooks.addresses("anymail:mandrill"),
    *webhooks.addresses("anymail:sparkpost"),
]
