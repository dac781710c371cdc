package dev.gradine.nn;

/// A model configuration that cannot be used. The message names the key, its value and what was expected.
public final class ConfigException extends IllegalArgumentException {

    /// @param message the whole sentence
    public ConfigException(String message) {
        super(message);
    }
}
