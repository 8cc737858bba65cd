-- What the search finds by its beginning. Indexes on expressions: the schema has no words for them, and Prisma leaves them alone.
-- MLflow's own tags are on every run and are not searched.
create index "run_tag_value_start" on "run_tag" (lower(left("value", 200)) text_pattern_ops) where "key" not like 'mlflow.%';
create index "kube_event_object_start" on "kube_event" (lower("object_name") text_pattern_ops);
create index "audit_event_object_start" on "audit_event" (lower(split_part("subject", '/', 2)) text_pattern_ops);
