package dev.gradine.io;

import java.util.LinkedHashMap;
import java.util.Map;

/// What files of an architecture mean without a key, and what stands in all of them.
///
/// @param meant keys and values of a configuration that are no choice
/// @param fixed those that a model must have
/// @param usual those that a model must have, unless it has no such key
/// @param told switches of a configuration, by the tensor of a block that tells them
/// @param stated texts and numbers of the file, by its keys
public record GgufMeanings(
        Map<String, Object> meant,
        Map<String, Object> fixed,
        Map<String, Object> usual,
        Map<String, String> told,
        Map<String, Object> stated) {

    static GgufMeanings none() {
        return new GgufMeanings(
                new LinkedHashMap<>(),
                new LinkedHashMap<>(),
                new LinkedHashMap<>(),
                new LinkedHashMap<>(),
                new LinkedHashMap<>());
    }

    GgufMeanings copy() {
        return new GgufMeanings(
                new LinkedHashMap<>(meant),
                new LinkedHashMap<>(fixed),
                new LinkedHashMap<>(usual),
                new LinkedHashMap<>(told),
                new LinkedHashMap<>(stated));
    }

    /// Keys and values that every file means.
    Map<String, Object> all() {
        Map<String, Object> all = new LinkedHashMap<>(meant);
        all.putAll(fixed);
        all.putAll(usual);
        return all;
    }
}
