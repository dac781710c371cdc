package dev.gradine.peft;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// What is trained of a model, and how: the part of PEFT's `LoraConfig` that this project implements.
///
/// @param rank inner width R of every adapter that no pattern names
/// @param alpha numerator of the scale
/// @param dropout probability of dropping a value of an adapter's input
/// @param rsLora whether the scale is alpha / √rank
/// @param targets which layers get an adapter
/// @param exclude layers that get none although they are targets; names or suffixes
/// @param rankPattern ranks of layers whose path ends with a key; the first key that matches counts
/// @param alphaPattern alphas, likewise
/// @param layers numbers of the blocks to adapt; empty for all
/// @param layersPattern name of the list of blocks, such as `layers`; empty for any
/// @param modulesToSave modules of which a whole copy is trained
public record LoraConfig(
        int rank,
        double alpha,
        float dropout,
        boolean rsLora,
        Targets targets,
        List<String> exclude,
        SequencedMap<String, Integer> rankPattern,
        SequencedMap<String, Double> alphaPattern,
        List<Integer> layers,
        List<String> layersPattern,
        List<String> modulesToSave) {

    /// @throws AdapterException if a number is out of range
    public LoraConfig {
        if (rank < 1) throw new AdapterException("lora: rank is " + rank + ", expected >= 1");
        if (!(alpha > 0)) throw new AdapterException("lora: alpha is " + alpha + ", expected > 0");
        if (!(dropout >= 0 && dropout < 1)) {
            throw new AdapterException("lora: dropout is " + dropout + ", expected in [0, 1)");
        }
        if (!layers.isEmpty() && targets instanceof Targets.Regex) {
            throw new AdapterException("lora: layers are given with a regular expression, expected a list of targets");
        }
    }

    /// Adapters of one rank on the given targets.
    public static LoraConfig of(int rank, double alpha, Targets targets) {
        return new LoraConfig(
                rank,
                alpha,
                0,
                false,
                targets,
                List.of(),
                new LinkedHashMap<>(),
                new LinkedHashMap<>(),
                List.of(),
                List.of(),
                List.of());
    }

    /// Whether the linear layer at `path` gets an adapter.
    boolean adapts(String path) {
        boolean excluded = !exclude.isEmpty() && new Targets.Suffixes(exclude).matches(path);
        return !saves(path) && !excluded && targets.matches(path) && (layers.isEmpty() || inLayers(path));
    }

    /// Whether a whole copy of the module at `path` is trained.
    boolean saves(String path) {
        return !modulesToSave.isEmpty() && new Targets.Suffixes(modulesToSave).matches(path);
    }

    private boolean inLayers(String path) {
        List<String> names = layersPattern.isEmpty() ? List.of("[^.]*") : layersPattern;
        for (String name : names) {
            Matcher m = pattern(".*?\\." + name + "\\.(\\d+)\\..*", name).matcher(path);
            if (m.matches()) return layers.contains(Integer.parseInt(m.group(1)));
        }
        return false;
    }

    private static Pattern pattern(String whole, String part) {
        try {
            return Pattern.compile(whole);
        } catch (PatternSyntaxException e) {
            throw new AdapterException(
                    "lora: pattern %s is no regular expression: %s".formatted(part, e.getDescription()));
        }
    }

    /// Rank and scale of the adapter at `path`.
    LoraLinear.Size size(String path) {
        int r = first(rankPattern, path, rank);
        double a = first(alphaPattern, path, alpha);
        return new LoraLinear.Size(r, (float) (a / (rsLora ? Math.sqrt(r) : r)));
    }

    private static <T> T first(Map<String, T> patterns, String path, T otherwise) {
        for (var e : patterns.entrySet()) {
            if (pattern("(.*\\.)?(" + e.getKey() + ")", e.getKey())
                    .matcher(path)
                    .matches()) return e.getValue();
        }
        return otherwise;
    }
}
