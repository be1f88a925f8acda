import json


def init():
    print("The service is about to start.")


def run(request):
    asked = json.loads(request)
    print(f"asked: {asked}")
    return {"echo": asked}
