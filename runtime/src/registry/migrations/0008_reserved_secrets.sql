-- Which secrets a function sees by default depends on `is_reserved` too, so nodes are told when that changes.
CREATE OR REPLACE TRIGGER wasmforge_secret_changed AFTER UPDATE ON system.secrets
    FOR EACH ROW WHEN (
        OLD.key IS DISTINCT FROM NEW.key
        OR OLD.value_ciphertext IS DISTINCT FROM NEW.value_ciphertext
        OR OLD.is_active IS DISTINCT FROM NEW.is_active
        OR OLD.is_reserved IS DISTINCT FROM NEW.is_reserved
        OR OLD.expires_at IS DISTINCT FROM NEW.expires_at
    ) EXECUTE FUNCTION functions.wasmforge_secret_changed();
