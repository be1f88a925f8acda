"""What Prefect itself costs: nine tasks that do nothing, in a process of its own. Prints the flow run's id."""

from prefect import flow, runtime, task


@task
def nothing(number: int) -> int:
    return number


@flow(name="empty")
def empty() -> str:
    for number in range(9):
        nothing(number)
    return str(runtime.flow_run.id)


if __name__ == "__main__":
    print(empty())
