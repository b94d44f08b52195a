"""The catalog: all flows of a project as one value, which JSON can hold."""

from penstock._declared.step import FunctionDetails
from penstock.catalog._catalog import Catalog
from penstock.catalog._reading import read_catalog
from penstock.catalog._schema import SCHEMA_VERSION, catalog_schema

__all__ = ["SCHEMA_VERSION", "Catalog", "FunctionDetails", "catalog_schema", "read_catalog"]
