-- What lets somebody do something carries a seal, so that a row which was written past the ledger is not believed.
-- All is folded again from the ledger, which seals the rows.
ALTER TABLE keys ADD COLUMN seal TEXT NOT NULL DEFAULT '';

ALTER TABLE policies ADD COLUMN seal TEXT NOT NULL DEFAULT '';

DELETE FROM assets;

DELETE FROM links;

DELETE FROM findings;

DELETE FROM looks;

DELETE FROM decisions;

DELETE FROM cases;

DELETE FROM keys;

DELETE FROM policies;

DELETE FROM progress;
