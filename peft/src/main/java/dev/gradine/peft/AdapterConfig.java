package dev.gradine.peft;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `adapter_config.json`, as PEFT writes and reads it: how and where a model is adapted.
///
/// All fields of PEFT's configuration class are written. Read, those that this project does not implement must be at
/// their defaults, since an adapter trained with others would compute something else here.
///
/// @param method how
/// @param selection where
public record AdapterConfig(Method method, Selection selection) {

    /// The release of PEFT whose fields are written.
    static final String PEFT_VERSION = "0.21.2";

    /// Field of the model that the adapter was trained on.
    static final String BASE = "base_model_name_or_path";

    /// Fields of every class that describe the file.
    private static final Set<String> ABOUT = Set.of(
            "auto_mapping",
            BASE,
            "inference_mode",
            "merge_weights", // of the first releases: when to add, not what
            "peft_type",
            "peft_version",
            "revision",
            "runtime_config",
            "task_type");

    /// The fields of an adapter that was trained; the file sorts them.
    ///
    /// @param targets names of the adapted layers, or one regular expression
    static Map<String, @Nullable Object> write(AdapterSet set, Object targets, String baseModel) {
        Method method = set.method();
        Selection s = set.selection();
        Map<String, @Nullable Object> m =
                new LinkedHashMap<>(method.peftFields().written());
        m.putAll(Methods.written(method));
        m.putAll(method.peftFields(set.model()));
        m.putAll(method.marks());
        m.put("peft_type", method.peftType());
        m.put("peft_version", PEFT_VERSION);
        m.put("task_type", set.model().task());
        m.put("auto_mapping", null);
        m.put(BASE, baseModel.isEmpty() ? null : baseModel);
        m.put("revision", null);
        m.put("inference_mode", true);
        Map<String, @Nullable Object> where = new LinkedHashMap<>();
        where.put("target_modules", targets);
        where.put(
                "exclude_modules",
                s.exclude() instanceof Targets.None ? null : s.exclude().stored());
        where.put("layers_to_transform", orNull(s.layers()));
        where.put(
                "layers_pattern",
                s.layersPattern().size() == 1 ? s.layersPattern().getFirst() : orNull(s.layersPattern()));
        where.put("modules_to_save", orNull(s.modulesToSave()));
        where.put("bias", s.bias());
        where.put("trainable_token_indices", s.tokens().stored());
        where.keySet().removeIf(name -> !method.peftFields().selects(name));
        m.putAll(where);
        return m;
    }

    private static @Nullable Object orNull(List<?> list) {
        return list.isEmpty() ? null : list;
    }

    /// @param where names the file in messages
    /// @throws AdapterException names the field that is missing or cannot be used
    static AdapterConfig read(Map<String, Object> json, String where) {
        ConfigFields f = new ConfigFields(json, where);
        Method method = Methods.read(f);
        PeftFields fields = method.peftFields();
        fields.require(f, method.marks().keySet());
        Set<String> options = Methods.written(method).keySet();
        for (String key : json.keySet()) {
            boolean known = ABOUT.contains(key) || options.contains(key) || fields.knows(key) || fields.selects(key);
            boolean matters = !known && !PeftFields.switchesNothingOn(json.get(key));
            if (matters && !method.marks().containsKey(key)) {
                throw new AdapterException("%s: unknown field %s with the value %s, expected none that changes anything"
                        .formatted(where, key, PythonRegex.shown(String.valueOf(json.get(key)))));
            }
        }
        Selection selection = new Selection(
                fields.selects("target_modules") ? f.targetsOrUsual("target_modules") : method.usualTargets(),
                f.exclusion("exclude_modules"),
                f.layers("layers_to_transform"),
                f.strings("layers_pattern", json.get("layers_pattern")),
                f.strings("modules_to_save", json.get("modules_to_save")),
                new Beside(f.bias("bias"), TokenIndices.read(f, "trainable_token_indices")));
        return new AdapterConfig(method, selection);
    }
}
