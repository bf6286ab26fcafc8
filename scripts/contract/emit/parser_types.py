"""What is leaned on of openapi-python-client's parser: its types of properties."""

from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty

Property = PropertyProtocol

__all__ = [
    "AnyProperty",
    "BooleanProperty",
    "ConstProperty",
    "DateProperty",
    "DateTimeProperty",
    "EnumProperty",
    "FileProperty",
    "FloatProperty",
    "IntProperty",
    "ListProperty",
    "ModelProperty",
    "NoneProperty",
    "Property",
    "StringProperty",
    "UnionProperty",
    "UuidProperty",
]
