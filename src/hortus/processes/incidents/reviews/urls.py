"""Pages of reviews, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.processes.incidents.reviews import views, views_enter, views_forms, views_write

app_name = "reviews"
urlpatterns: list[URLPattern | URLResolver] = [
    path("reviews/", views.reviews, name="reviews"),
    path("reviews/+near-miss/", views_forms.near_miss, name="near-miss"),
    path("reviews/+enter/", views_enter.enter_older, name="enter"),
    path("reviews/+of/<int:incident>/", views_forms.want, name="want"),
    path("reviews/<int:number>/", views.review, name="review"),
    path("reviews/<int:number>/write/", views_write.write, name="write"),
    path("reviews/<int:number>/depth/", views_forms.depth, name="depth"),
    path("reviews/<int:number>/writer/", views_forms.writer, name="writer"),
    path("reviews/<int:number>/begin/", views_forms.begin, name="begin"),
    path("reviews/<int:number>/share/", views_forms.share, name="share"),
    path("reviews/<int:number>/discussed/", views_forms.discussed, name="discussed"),
    path("reviews/<int:number>/keep/", views_forms.keep, name="keep"),
    path("reviews/<int:number>/waive/", views_forms.waive, name="waive"),
    path("reviews/<int:number>/learning/", views_forms.learn, name="learn"),
    path("reviews/<int:number>/learning/<int:learning>/out/", views_forms.unlearn, name="unlearn"),
    path("reviews/<int:number>/factor/", views_forms.contribute, name="contribute"),
    path("reviews/<int:number>/factor/<int:factor>/out/", views_forms.discard, name="discard"),
    path("reviews/<int:number>/follow-up/", views_forms.follow_up, name="follow-up"),
    path("reviews/<int:number>/cover/", views_forms.cover, name="cover"),
    path("reviews/<int:number>/use/", views_forms.use, name="use"),
    path("reviews/<int:number>/link/", views_forms.link, name="link"),
    path("reviews/<int:number>/link/<int:link>/out/", views_forms.unlink, name="unlink"),
]
