# SPDX-License-Identifier: Apache-2.0
"""Messages that are written over as bytes say what the same messages would say field by field."""

import json

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.timeout(60)]

READER = """
import json
import numpy as np
from geometry_msgs.msg import PoseStamped
from martlet_nodes import messages, written
from martlet_nodes.written import Written
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message

def vector(v):
    return [v.x, v.y, v.z]

def said(message, pose):
    header, turn = message.header, pose.orientation
    return [header.stamp.sec, header.stamp.nanosec, header.frame_id, vector(pose.position),
            vector(turn), turn.w]

state = np.array([1, 2, 3, 0, 0, 0.5**0.5, 0.5**0.5, 4, 5, 6, 7, 8, 9], np.float32)
pose, twist = messages.pose_and_twist(state)
odometry, place = messages.written_odometry("cf1"), messages.written_pose()
told = []
for at in ((1, 2), (-3, 4)):  # the second is written over the first
    o = deserialize_message(odometry.filled(at, pose, twist), Odometry)
    told.append([*said(o, o.pose.pose), o.child_frame_id, vector(o.twist.twist.linear),
                 vector(o.twist.twist.angular), bool(o.pose.covariance.any())])
    p = deserialize_message(place.filled(at, pose), PoseStamped)
    told.append(said(p, p.pose))
def smeared(message):  # as memory that held something before makes it
    raw = bytearray(written_before(message))
    raw[behind(raw, b"world")] = raw[behind(raw, b"cf10")] = 7
    return bytes(raw)

def behind(raw, text):
    return raw.index(text + bytes(1)) + len(text) + 1

written_before, written.serialize_message = written.serialize_message, smeared
raw = messages.written_odometry("cf10").filled((1, 2), pose, twist)
told.append([raw[behind(raw, b"world")], raw[behind(raw, b"cf10")]])
written.serialize_message = written_before
try:
    Written(PoseStamped(), ("=7d", range(1, 8)))
except ValueError as error:
    told.append(str(error))
print(json.dumps(told))
"""


def test_written_messages_say_what_was_filled_in(stack):
    odometry, pose, again, pose_again, behind_texts, refused = json.loads(stack.run(READER))
    half = pytest.approx(0.5**0.5)
    assert odometry[:6] == [1, 2, "world", [1, 2, 3], [0, 0, half], half]
    assert odometry[6] == "cf1"
    assert odometry[7] == pytest.approx([5, -4, 6], abs=1e-5)  # turned by 90 degrees
    assert odometry[8:] == [[7, 8, 9], False]
    assert pose == odometry[:6]
    assert again == [-3, 4, *odometry[2:]]
    assert pose_again == again[:6]
    assert behind_texts == [0, 0]  # not what memory held before
    assert refused == "PoseStamped: expected =7d range(1, 8) in it once, got it 0 times."
