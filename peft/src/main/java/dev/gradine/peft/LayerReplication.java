package dev.gradine.peft;

import dev.gradine.io.LayerCopies;
import dev.gradine.nn.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Ranges of layers that a deeper model is made of, as PEFT's `layer_replication` has them: `[[0, 4], [2, 5]]` are the
/// layers 0 1 2 3 2 3 4. Replicas share the base's values and have adapters of their own.
///
/// PEFT's merge adds the adapters of all replicas to the one weight they share, which is another model; here merged
/// replicas are layers of their own.
///
/// @param ranges first layer, and the one behind the last, of each range
public record LayerReplication(List<List<Integer>> ranges) implements PeftValue {

    /// The model as it is.
    static final LayerReplication NONE = new LayerReplication(List.of());

    static final String FIELD = "layer_replication";
    private static final String EXPECTED = "ranges of layers such as 0:4,2:5, the first below the last";
    private static final Pattern RANGE = Pattern.compile("(\\d{1,6}):(\\d{1,6})");

    /// @throws AdapterException if a range is empty
    public LayerReplication {
        for (List<Integer> r : ranges) {
            if (r.size() == 2 && r.getFirst() >= 0 && r.getFirst() < r.getLast()) continue;
            throw new AdapterException("layer-replication: %s, expected %s".formatted(r, EXPECTED));
        }
    }

    /// Ranges with commas between them, as a user writes them.
    static LayerReplication parse(String text) {
        List<List<Integer>> ranges = new ArrayList<>();
        for (String part : text.isEmpty() ? new String[0] : text.split(",", -1)) {
            Matcher m = RANGE.matcher(part.strip());
            if (!m.matches())
                throw new AdapterException("layer-replication: %s, expected %s".formatted(part, EXPECTED));
            ranges.add(List.of(Integer.valueOf(m.group(1)), Integer.valueOf(m.group(2))));
        }
        return new LayerReplication(ranges);
    }

    /// Those of a file.
    static LayerReplication read(ConfigFields file, Object raw) {
        List<List<Integer>> ranges = new ArrayList<>();
        if (PeftFields.switchesNothingOn(raw)) return NONE;
        if (!(raw instanceof List<?> list)) throw file.wrong(FIELD, "a list of ranges");
        for (Object r : list) {
            boolean fine = r instanceof List<?> l && l.size() == 2 && l.stream().allMatch(Integer.class::isInstance);
            if (!fine) throw file.wrong(FIELD, "a list of ranges");
            ranges.add(((List<?>) r).stream().map(Integer.class::cast).toList());
        }
        return new LayerReplication(ranges);
    }

    /// How the model is to be opened.
    public LayerCopies copies() {
        return LayerCopies.of(ranges);
    }

    /// Fails unless the model was opened so.
    void require(Model model) {
        int layers = copies().sources().size();
        if (ranges.isEmpty() || model.keys().layers() == layers) return;
        throw new AdapterException(
                ("layer-replication: the model has %d layers, expected %d; open it with" + " the adapter's replication")
                        .formatted(model.keys().layers(), layers));
    }

    @Override
    public @Nullable Object peft() {
        return ranges.isEmpty() ? null : ranges;
    }

    @Override
    public String toString() {
        return ranges.stream().map(r -> r.getFirst() + ":" + r.getLast()).collect(Collectors.joining(","));
    }
}
