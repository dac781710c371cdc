package dev.gradine.merge;

import dev.gradine.merge.MergeConfig.Slice;
import dev.gradine.merge.MergeConfig.Source;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One tensor of the merged model and where its values come from.
///
/// @param name in the output
/// @param slice it belongs to
/// @param depth of its layer within the slice, from 0 to 1; 0 for what belongs to no layer
/// @param layer number of its layer within the slice; -1 for none
record OutputTensor(String name, Slice slice, double depth, int layer) {

    private static final Pattern LAYER = Pattern.compile("(^|\\.)(layers|h|blocks|block)\\.(\\d+)\\.");

    /// Number of the layer that a name speaks of; -1 for none.
    static int layerOf(String name) {
        Matcher m = LAYER.matcher(name);
        return m.find() ? Integer.parseInt(m.group(3)) : -1;
    }

    /// The same name in another layer.
    static String inLayer(String name, int layer) {
        Matcher m = LAYER.matcher(name);
        if (!m.find()) return name;
        return name.substring(0, m.start(3)) + layer + name.substring(m.end(3));
    }

    /// What it is called in the model of `source`.
    String in(Source source) {
        return layer < 0 ? name : inLayer(name, source.from() + layer);
    }

    /// Value of a parameter, for one model or, without one, for the whole merge; NaN if it is set nowhere.
    double knob(MergeConfig config, Optional<Source> source, String parameter) {
        String stored = source.map(this::in).orElse(name);
        List<Map<String, Knob>> places =
                List.of(source.map(Source::knobs).orElse(Map.of()), slice.knobs(), config.knobs());
        for (Map<String, Knob> knobs : places) {
            Knob knob = knobs.get(parameter);
            Optional<Double> value = knob == null ? Optional.empty() : knob.at(stored, depth);
            if (value.isPresent()) return value.get();
        }
        return Double.NaN;
    }
}
