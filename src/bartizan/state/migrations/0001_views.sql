CREATE TABLE progress (
    name TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    id TEXT NOT NULL
);

CREATE TABLE assets (
    tenant TEXT NOT NULL,
    thing TEXT NOT NULL,
    digest TEXT NOT NULL,
    digest_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    attributes TEXT NOT NULL,
    registered_rev BIGINT NOT NULL,
    first_id TEXT NOT NULL,
    first_at BIGINT,
    last_id TEXT NOT NULL,
    last_at BIGINT,
    PRIMARY KEY (tenant, thing)
);

CREATE TABLE links (
    tenant TEXT NOT NULL,
    parent_thing TEXT NOT NULL,
    parent_digest TEXT NOT NULL,
    child_thing TEXT NOT NULL,
    child_digest TEXT NOT NULL,
    relation TEXT NOT NULL,
    rev BIGINT NOT NULL,
    PRIMARY KEY (tenant, parent_thing, parent_digest, child_thing, child_digest, relation)
);

CREATE INDEX links_by_child ON links (tenant, child_thing);

CREATE TABLE findings (
    tenant TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    thing TEXT NOT NULL,
    digest TEXT NOT NULL,
    control TEXT NOT NULL,
    rule TEXT NOT NULL,
    severity_rank BIGINT NOT NULL,
    finding TEXT NOT NULL,
    count BIGINT NOT NULL,
    first_id TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_id TEXT NOT NULL,
    last_at BIGINT NOT NULL,
    seen TEXT NOT NULL,
    fixed BIGINT NOT NULL,
    gone TEXT NOT NULL,
    gone_id TEXT NOT NULL,
    PRIMARY KEY (tenant, fingerprint)
);

CREATE INDEX findings_by_thing ON findings (tenant, thing);

CREATE INDEX findings_by_severity ON findings (tenant, severity_rank, last_at);

CREATE TABLE looks (
    tenant TEXT NOT NULL,
    thing TEXT NOT NULL,
    control TEXT NOT NULL,
    id TEXT NOT NULL,
    fingerprints TEXT NOT NULL,
    PRIMARY KEY (tenant, thing, control)
);

CREATE TABLE decisions (
    tenant TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    decided TEXT NOT NULL,
    rev BIGINT NOT NULL,
    id TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    until BIGINT,
    case_id TEXT NOT NULL,
    PRIMARY KEY (tenant, fingerprint)
);

CREATE TABLE cases (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    owner TEXT NOT NULL,
    reason TEXT NOT NULL,
    records TEXT NOT NULL,
    expires BIGINT,
    opened_at BIGINT,
    opened_rev BIGINT NOT NULL,
    closed_at BIGINT,
    closed_rev BIGINT NOT NULL,
    closed_reason TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE keys (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    roles TEXT NOT NULL,
    routes TEXT NOT NULL,
    expires BIGINT,
    added_at BIGINT,
    added_rev BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_rev BIGINT NOT NULL,
    PRIMARY KEY (tenant, key)
);

CREATE INDEX keys_by_digest ON keys (digest);

CREATE TABLE policies (
    tenant TEXT NOT NULL,
    rev BIGINT NOT NULL,
    digest TEXT NOT NULL,
    text TEXT NOT NULL,
    source TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (tenant, rev)
);
