"""Addresses."""

from django.urls import path
from support import views

urlpatterns = [path("complaints", views.complain), path("complaints/<int:number>", views.complaint)]
