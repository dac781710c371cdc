package dev.gradine.peft;

import dev.gradine.nn.ExpertLinear;
import dev.gradine.nn.Site;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Parameters of experts that get adapters, as PEFT's `target_parameters` names them: `mlp.experts.gate_up_proj`.
///
/// @param names ends of paths
/// @param positional whether files hold the factors as PEFT did before release 0.19; see `ExpertFactors`
record TargetParameters(List<String> names, boolean positional) implements PeftValue {

    /// No parameter.
    static final TargetParameters NONE = new TargetParameters(List.of(), false);

    static final String FIELD = "target_parameters";

    private static final Pattern VERSION = Pattern.compile("0\\.(\\d{1,4})\\..*");
    private static final int BY_ORIENTATION_SINCE = 19; // PEFT 0.19

    /// Names with commas between them, as a user writes them.
    static TargetParameters parse(String text) {
        return text.isEmpty() ? NONE : new TargetParameters(List.of(text.split(",", -1)), false);
    }

    /// Those of a file.
    static TargetParameters read(ConfigFields file, Object raw) {
        if (PeftFields.switchesNothingOn(raw)) return NONE;
        Object written = file.json().get("peft_version");
        Matcher version = VERSION.matcher(String.valueOf(written));
        boolean older = version.matches() && Integer.parseInt(version.group(1)) < BY_ORIENTATION_SINCE;
        return new TargetParameters(file.strings(FIELD, raw), older);
    }

    /// Whether there is one.
    boolean isEmpty() {
        return names.isEmpty();
    }

    /// Whether it is one of them.
    boolean has(Site site) {
        return site instanceof ExpertLinear && names.stream().anyMatch(n -> matches(n, site.path()));
    }

    /// Whether a path is or ends with a name.
    static boolean matches(String name, String path) {
        return path.equals(name) || path.endsWith("." + name);
    }

    /// Name of the module that PEFT's file has the factors of `layer` under. PEFT puts a module around another for each
    /// parameter of it, in the order of the parameters: gate and up lie within, down without.
    String module(ExpertLinear layer) {
        boolean within = layer.path().endsWith("gate_up_proj")
                && names.stream().anyMatch(n -> matches(n, layer.module() + ".down_proj"));
        return within ? layer.module() + ".base_layer" : layer.module();
    }

    @Override
    public @Nullable Object peft() {
        return names.isEmpty() ? null : names;
    }

    @Override
    public String toString() {
        return String.join(",", names);
    }
}
