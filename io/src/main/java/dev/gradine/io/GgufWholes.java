package dev.gradine.io;

import java.util.List;

/// Whole numbers by their keys: of a configuration, or of a file without the architecture in front.
public interface GgufWholes {

    /// Whether there is such a key.
    boolean has(String key);

    /// The number, from 1.
    int of(String key);

    /// A list of them, from 0; empty where there is no such key.
    List<Integer> all(String key);
}
