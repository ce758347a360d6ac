"""Sign-in, second factors and sessions, below /account/: allauth's views in our templates."""

from django.urls import include, path

urlpatterns = [path("", include("allauth.urls"))]
