"""URLs of the archive's public pages, below `/<lang>/`."""

from django.urls import path

from digest.archive.views import about, issues, items, lists, topics
from digest.common import path_converters  # noqa: F401  registers the converters used here

app_name = "archive"
urlpatterns = [
    path("<language:language>/", issues.home, name="home"),
    path("<language:language>/about/", about.about, name="about"),
    path("<language:language>/issues/", issues.issues, name="issues"),
    path("<language:language>/issues/<number:number>/", issues.issue, name="issue"),
    path("<language:language>/issues/<number:number>/bilingual/", issues.bilingual, name="bilingual"),
    path("<language:language>/items/<id:pk>/", items.item, name="item"),
    path("<language:language>/sections/<section:kind>/", lists.section, name="section"),
    path("<language:language>/events/", lists.events, name="events"),
    path("<language:language>/topics/", topics.topics, name="topics"),
    path("<language:language>/topics/<name:slug>/", topics.topic, name="topic"),
    path("<language:language>/sources/<name:slug>/", lists.source, name="source"),
]
