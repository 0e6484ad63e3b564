"""The one page: fifty open cases of a partnership for whoever is signed in, written down before they are shown."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from tests.benchmarks.django_peer.models import Case, Seen


@login_required
def cases(request: HttpRequest) -> HttpResponse:
    """The list."""
    found = Case.objects.select_related("lead_officer").filter(
        partnership_id=request.GET.get("partnership"), state="open"
    )
    rows = list(found.order_by("review_on", "id")[:50])
    Seen.objects.create(user_id=request.user.pk, what="cases", ids=" ".join(str(row.id) for row in rows))
    return render(request, "cases.html", {"rows": rows})


urlpatterns = [path("", cases)]
