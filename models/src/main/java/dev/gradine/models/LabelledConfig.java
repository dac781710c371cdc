package dev.gradine.models;

import dev.gradine.nn.Labels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The configuration of a model with a head for labels, as transformers writes it:
/// `…ForSequenceClassification`.
public final class LabelledConfig {

    private static final String ARCHITECTURES = "architectures";

    private LabelledConfig() {}

    /// That of a model with other labels.
    ///
    /// @param config as it is
    public static Map<String, Object> of(Map<String, Object> config, Labels labels) {
        Map<String, Object> all = new LinkedHashMap<>(config);
        Map<String, Object> names = new LinkedHashMap<>();
        Map<String, Object> numbers = new LinkedHashMap<>();
        for (String name : labels.names()) {
            names.put(String.valueOf(names.size()), name);
            numbers.put(name, numbers.size());
        }
        all.put("id2label", names);
        all.put("label2id", numbers);
        all.remove("num_labels");
        switch (labels.problem()) {
            case REGRESSION -> all.put("problem_type", "regression");
            case SINGLE_LABEL -> all.put("problem_type", "single_label_classification");
            case MULTI_LABEL -> all.put("problem_type", "multi_label_classification");
            case UNSAID -> {}
        }
        if (config.get(ARCHITECTURES) instanceof List<?> said && !said.isEmpty()) {
            all.put(ARCHITECTURES, List.of(labelled(String.valueOf(said.getFirst()))));
        }
        return all;
    }

    private static String labelled(String architecture) {
        return architecture.replaceFirst("(For[A-Z]\\w*|LMHeadModel|Model)$", "") + "ForSequenceClassification";
    }
}
