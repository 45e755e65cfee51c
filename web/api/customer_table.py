"""The routes of customers, with the right that each asks for."""

from __future__ import annotations

from web.api import customers, dictionary, fields, pool, tasks
from web.auth.rights import Right
from web.routes import SIGNED_IN, Route

V1 = "/api/v1"

_CUSTOMERS = (
    Route(
        "GET", f"{V1}/customers", customers.list_customers, Right.CUSTOMER_READ, "Find customers"
    ),
    Route(
        "POST",
        f"{V1}/customers",
        customers.create_customer,
        Right.CUSTOMER_WRITE,
        "New customer; earlier calls of its numbers become its own",
        status=201,
    ),
    Route(
        "POST",
        f"{V1}/customers/claim",
        customers.claim_customers,
        Right.CUSTOMER_ASSIGN,
        "Take customers from the pool",
    ),
    Route(
        "GET",
        f"{V1}/customer-tags",
        customers.list_customer_tags,
        Right.CUSTOMER_READ,
        "All tags there are",
    ),
    Route(
        "GET", f"{V1}/customers/{{id}}", customers.read_customer, Right.CUSTOMER_READ, "Customer"
    ),
    Route(
        "PATCH",
        f"{V1}/customers/{{id}}",
        customers.change_customer,
        Right.CUSTOMER_WRITE,
        "Change a customer; 409 with both values when somebody was faster",
    ),
    Route(
        "POST",
        f"{V1}/customers/{{id}}/owner",
        customers.assign_customer,
        Right.CUSTOMER_ASSIGN,
        "Give a customer to somebody, or to the pool",
    ),
    Route(
        "GET",
        f"{V1}/customers/{{id}}/timeline",
        customers.read_timeline,
        Right.CUSTOMER_READ,
        "What happened with a customer, newest first",
    ),
    Route(
        "POST",
        f"{V1}/customers/{{id}}/notes",
        customers.add_customer_note,
        Right.CUSTOMER_WRITE,
        "Write a note",
        status=201,
    ),
)
_TASKS = (
    Route("GET", f"{V1}/tasks", tasks.list_tasks, Right.CUSTOMER_READ, "What is to be done"),
    Route("POST", f"{V1}/tasks", tasks.create_task, Right.CUSTOMER_WRITE, "New task", status=201),
    Route("GET", f"{V1}/tasks/{{id}}", tasks.read_task, Right.CUSTOMER_READ, "Task"),
    Route(
        "PATCH",
        f"{V1}/tasks/{{id}}",
        tasks.change_task,
        Right.CUSTOMER_WRITE,
        "Change a task, do it, or open it again",
    ),
)
_CONFIGURATION = (
    Route("GET", f"{V1}/fields", fields.list_fields, SIGNED_IN, "Custom fields of customers"),
    Route(
        "POST", f"{V1}/fields", fields.create_field, Right.CRM_CONFIGURE, "New field", status=201
    ),
    Route(
        "PATCH",
        f"{V1}/fields/{{id}}",
        fields.change_field,
        Right.CRM_CONFIGURE,
        "Change or retire a field",
    ),
    Route(
        "GET",
        f"{V1}/dictionary/{{kind}}",
        dictionary.list_entries,
        SIGNED_IN,
        "The words of a kind, retired ones too",
    ),
    Route(
        "POST",
        f"{V1}/dictionary/{{kind}}",
        dictionary.create_entry,
        Right.CRM_CONFIGURE,
        "New word",
        status=201,
    ),
    Route(
        "PATCH",
        f"{V1}/dictionary/{{kind}}/{{id}}",
        dictionary.change_entry,
        Right.CRM_CONFIGURE,
        "Change or retire a word",
    ),
    Route(
        "GET",
        f"{V1}/pool-rules",
        pool.read_pool_rules,
        Right.CUSTOMER_READ,
        "When customers go back to the pool",
    ),
    Route(
        "PUT",
        f"{V1}/pool-rules",
        pool.write_pool_rules,
        Right.CRM_CONFIGURE,
        "Say when customers go back to the pool, and how many one may take",
    ),
)

CUSTOMER_ROUTES = _CUSTOMERS + _TASKS + _CONFIGURATION
