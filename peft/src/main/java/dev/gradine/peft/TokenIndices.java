package dev.gradine.peft;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Tokens whose rows are trained, PEFT's `trainable_token_indices`: a list for the input embedding, or a list for each
/// module named.
///
/// @param byModule tokens by the end of a module's path; `""` stands for the input embedding
public record TokenIndices(SequencedMap<String, List<Integer>> byModule) {

    /// No token.
    static final TokenIndices NONE = new TokenIndices(new LinkedHashMap<>());

    /// @throws AdapterException if a list is empty or has a token twice
    public TokenIndices {
        byModule.forEach((module, tokens) -> requireEachOnce(tokens));
    }

    /// Of the input embedding.
    static TokenIndices of(List<Integer> tokens) {
        SequencedMap<String, List<Integer>> all = new LinkedHashMap<>();
        if (!tokens.isEmpty()) all.put("", List.copyOf(tokens));
        return new TokenIndices(all);
    }

    /// Fails unless there is a token and none twice: which of two rows would count is not defined.
    static void requireEachOnce(List<Integer> tokens) {
        if (tokens.isEmpty()) {
            throw new AdapterException("token_indices: an empty list, expected at least one token");
        }
        for (int i = 0; i < tokens.size(); i++) {
            if (tokens.indexOf(tokens.get(i)) == i) continue;
            throw new AdapterException(
                    "token_indices: token %d is there twice, expected once".formatted(tokens.get(i)));
        }
    }

    /// The tokens of the module at `path`; none is an empty list.
    ///
    /// @param isInput whether it is the input embedding
    List<Integer> at(String path, boolean isInput) {
        for (var e : byModule.entrySet()) {
            String name = e.getKey();
            boolean meant = name.isEmpty() ? isInput : path.equals(name) || path.endsWith("." + name);
            if (meant) return e.getValue();
        }
        return List.of();
    }

    /// As PEFT's file has it; null for none.
    @Nullable
    Object stored() {
        if (byModule.isEmpty()) return null;
        return byModule.containsKey("") ? byModule.get("") : byModule;
    }

    /// Reads what a user writes: `5,9` for the input embedding, `embed_tokens:5,9;lm_head:5` for modules named.
    ///
    /// @throws AdapterException if it is none of the two
    public static TokenIndices parse(String text) {
        if (text.isEmpty()) return NONE;
        SequencedMap<String, List<Integer>> all = new LinkedHashMap<>();
        for (String part : text.split(";", -1)) {
            if (!part.matches("([A-Za-z0-9_.]+:)?[0-9]{1,9}(,[0-9]{1,9})*")) throw refused(text);
            int colon = part.indexOf(':');
            List<Integer> tokens = Arrays.stream(part.substring(colon + 1).split(",", -1))
                    .map(Integer::valueOf)
                    .toList();
            all.put(part.substring(0, Math.max(colon, 0)), tokens);
        }
        if (all.containsKey("") && all.size() > 1) throw refused(text);
        return new TokenIndices(all);
    }

    private static AdapterException refused(String text) {
        return new AdapterException(
                "trainable_token_indices: %s, expected tokens such as 5,9 or MODULE:5,9;MODULE:7".formatted(text));
    }

    /// What `parse` reads.
    @Override
    public String toString() {
        return byModule.entrySet().stream()
                .map(e -> (e.getKey().isEmpty() ? "" : e.getKey() + ":")
                        + e.getValue().stream().map(String::valueOf).collect(Collectors.joining(",")))
                .collect(Collectors.joining(";"));
    }

    /// Reads a field of PEFT's file.
    static TokenIndices read(ConfigFields file, String key) {
        Object raw = file.json().get(key);
        if (raw == null || raw.equals(List.of())) return NONE;
        if (!(raw instanceof Map<?, ?> map)) return of(whole(file, key, raw));
        SequencedMap<String, List<Integer>> all = new LinkedHashMap<>();
        map.forEach((module, tokens) -> all.put(String.valueOf(module), whole(file, key, tokens)));
        return new TokenIndices(all);
    }

    private static List<Integer> whole(ConfigFields file, String key, Object raw) {
        List<Integer> all = new ArrayList<>();
        if (!(raw instanceof List<?> list)) throw file.wrong(key, "a list of tokens, or one for each module");
        for (Object o : list) {
            if (!(o instanceof Integer i)) throw file.wrong(key, "a list of tokens, or one for each module");
            all.add(i);
        }
        return all;
    }
}
