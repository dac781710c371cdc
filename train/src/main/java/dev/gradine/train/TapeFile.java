package dev.gradine.train;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.TapeTrace;
import dev.gradine.autograd.TracedOp;
import dev.gradine.io.Json;
import dev.gradine.tensor.Kernels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// `tape.json`: every op of the first micro-batch of a step, in the order they ran. The ops are watched while the step
/// is taken, so the step is the run's own and none is taken twice.
///
/// ```
/// {"step":41,"events":812,"ops":[{"op":"MatMul","place":"at model.layers.0.…","shape":[64,576],"dtype":"F32",
///   "bytes":147456,"made":0,"gone":9,"again":-1,"gone_again":-1,"backward":false,"gradient":0.021},…]}
/// ```
///
/// What the numbers are: `autograd.TracedOp`. A gradient that is not there is left out.
public final class TapeFile {

    /// Name of the file in a run's folder.
    public static final String FILE = "tape.json";

    private final Path file;
    private final @Nullable Integer at;
    private final BooleanSupplier asked;
    private final List<TapeTrace> traces = new ArrayList<>(); // of the step that is taken
    private boolean done;

    /// @param at step that is written down; 0 for the first that is taken, null for none
    /// @param asked asked before each step whether it is to be written down; true once for each wish
    TapeFile(Path out, @Nullable Integer at, BooleanSupplier asked) {
        file = out.resolve(FILE);
        this.at = at;
        this.asked = asked;
    }

    /// The tape of a micro-batch of step `step`.
    Tape open(int step, int micro, Kernels k) {
        if (micro > 0 || !isDue(step)) return Tape.recording(k);
        TapeTrace trace = new TapeTrace(k);
        traces.add(trace);
        return Tape.probed(k, trace);
    }

    private boolean isDue(int step) {
        boolean isWished = asked.getAsBoolean();
        if (isWished) return true;
        if (at == null || done || (at != 0 && at != step)) return false;
        done = true;
        return true;
    }

    /// The step has been taken.
    ///
    /// @return whether it was written down
    boolean write(int step) {
        if (traces.isEmpty()) return false;
        TapeTrace trace = traces.removeLast();
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("step", step);
        content.put("events", trace.events());
        content.put("ops", trace.ops().stream().map(TapeFile::line).toList());
        Json.write(file, content);
        return true;
    }

    private static Map<String, Object> line(TracedOp op) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("op", op.name());
        line.put("place", op.place());
        List<Integer> shape = new ArrayList<>();
        for (int i = 0; i < op.result().shape().rank(); i++)
            shape.add(op.result().shape().dim(i));
        line.put("shape", shape);
        line.put("dtype", op.result().dtype().toString());
        line.put("bytes", op.result().bytes());
        line.put("made", op.life().made());
        line.put("gone", op.life().gone());
        line.put("again", op.life().again());
        line.put("gone_again", op.life().goneAgain());
        line.put("backward", op.life().backward());
        if (Double.isFinite(op.gradient())) line.put("gradient", op.gradient());
        return line;
    }
}
