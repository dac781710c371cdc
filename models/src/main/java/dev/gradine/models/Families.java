package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ConfigException;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.TextModel;
import dev.gradine.nn.Weights;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// The families that can be opened: all that `Family` permits, and those of a program's own.
public final class Families {

    private static final Families BUILT_IN = new Families(Arrays.stream(Family.class.getPermittedSubclasses())
            .filter(c -> c != CustomFamily.class)
            .map(Families::instance)
            .toList());

    private final List<Family> all;

    private Families(List<Family> all) {
        this.all = List.copyOf(all);
    }

    /// All that `Family` permits.
    public static Families builtIn() {
        return BUILT_IN;
    }

    private static Family instance(Class<?> type) {
        try {
            return (Family) type.getDeclaredConstructor().newInstance();
        } catch (InstantiationException
                | IllegalAccessException
                | NoSuchMethodException
                | InvocationTargetException e) {
            throw new IllegalStateException(type.getName() + " is a family without an empty constructor", e);
        }
    }

    /// These and one more, which wins where two claim a `model_type`.
    public Families with(CustomFamily family) {
        List<Family> more = new ArrayList<>(List.of(family));
        more.addAll(all);
        return new Families(more);
    }

    /// All of them.
    public List<Family> all() {
        return all;
    }

    /// How their models lie in GGUF files.
    public List<GgufArchitecture> gguf() {
        return all.stream().flatMap(f -> f.gguf().stream()).toList();
    }

    /// Whether a key of `config.json` changes nothing in models of that type.
    public boolean isWithoutEffect(String modelType, String key) {
        return ConfigKeys.isWithoutEffect(key)
                || all.stream()
                        .anyMatch(f -> f.modelTypes().contains(modelType)
                                && f.withoutEffect().contains(key));
    }

    /// The language model that `config.json` describes, over its weights.
    ///
    /// @throws ConfigException names the key or weight that is missing or cannot be used, or a key that the family
    ///     neither reads nor knows to be without effect, or an encoder
    public CausalLm build(ModelConfig config, Weights weights) {
        if (any(config, weights) instanceof CausalLm language) return language;
        throw config.wrong("model_type", "that of a language model, as this one gives texts labels and writes none");
    }

    /// The model that `config.json` describes, be it a language model or not, over its weights.
    ///
    /// @throws ConfigException names the key or weight that is missing or cannot be used, or a key that the family
    ///     neither reads nor knows to be without effect
    public TextModel any(ModelConfig config, Weights weights) {
        String type = config.text("model_type", "");
        for (Family f : all) if (f.modelTypes().contains(type)) return build(f, config, weights);
        TreeSet<String> known = new TreeSet<>();
        all.forEach(f -> known.addAll(f.modelTypes()));
        throw config.wrong("model_type", "one of " + String.join(", ", known));
    }

    private static TextModel build(Family family, ModelConfig config, Weights weights) {
        ConfigKeys.requireReadableWeights(config);
        TextModel model = family.build(config, weights);
        ModelConfig text = config.object("text_config"); // of a model with more than text: each key known, or refused
        text.requireRead(ConfigKeys::isWithoutEffect);
        text.ignoreRest();
        Set<String> own = family.withoutEffect();
        config.requireRead(key -> ConfigKeys.isWithoutEffect(key) || own.contains(key));
        return model;
    }
}
