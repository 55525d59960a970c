"""A boto3 program goes faster by one line: fasthttp.install().

pip install boto3 'moto[server]'    # beside fasthttp
moto_server --port 5000 &
python with_boto3.py http://127.0.0.1:5000

Objects of 1 KiB are put into a bucket of its own, read back, and deleted with it at the end. The
endpoint is a test server such as moto's: the keys sent to it are made up.
"""

import argparse
import itertools
import uuid

import boto3
from gain import say_whether_in_force, show_gain

import fasthttp

parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.add_argument("endpoint", help="URL of a server that speaks S3")
parser.add_argument("--count", type=int, default=50, help="objects a round")
options = parser.parse_args()

# All that a program needs. It may stand anywhere, also behind `import boto3`.
fasthttp.install()

s3 = boto3.client(
    "s3",
    endpoint_url=options.endpoint,
    region_name="us-east-1",
    aws_access_key_id="made-up",
    aws_secret_access_key="made-up",  # noqa: S106 - no secret
)
bucket = f"fasthttp-{uuid.uuid4()}"
numbers = itertools.count()


def put_and_get() -> None:
    """Store an object and read it back."""
    key, content = f"object-{next(numbers)}", b"x" * 1024
    s3.put_object(Bucket=bucket, Key=key, Body=content)
    if s3.get_object(Bucket=bucket, Key=key)["Body"].read() != content:
        raise SystemExit(f"{key} came back otherwise than it was put")


s3.create_bucket(Bucket=bucket)
try:
    put_and_get()
    say_whether_in_force()
    show_gain(put_and_get, options.count)
finally:
    for listed in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        found = [{"Key": one["Key"]} for one in listed.get("Contents", [])]
        if found:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": found})
    s3.delete_bucket(Bucket=bucket)
print(f"{next(numbers)} objects put, read back and deleted")
