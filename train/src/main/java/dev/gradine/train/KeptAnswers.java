package dev.gradine.train;

import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Question;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The answers a step learns from, in a tensor that travels with a run's checkpoints: a run that stops between two
/// updates from the same answers finds them again, with the log-probabilities of a policy that is no more.
final class KeptAnswers {

    private static final int FACTS = 4096; // bytes of names and numbers
    private static final int FIXED = 64; // bytes of an answer beside its tokens

    private final Kernels run;
    private final Tensor bytes; // as i32

    /// @param answers of a step
    /// @param length tokens of the longest, with its prompt
    KeptAnswers(Kernels run, int answers, int length) {
        this.run = run;
        int size = FACTS + answers * (FIXED + 3 * Integer.BYTES * length);
        bytes = run.ofInts(new int[Math.ceilDiv(size, Integer.BYTES)]);
    }

    Tensor tensor() {
        return bytes;
    }

    /// @throws IllegalStateException if they are more than a step has
    void put(List<List<Group>> micros) {
        ByteBuffer to = ByteBuffer.allocate(bytes.size() * Integer.BYTES);
        try {
            write(micros, to);
        } catch (BufferOverflowException e) {
            throw new IllegalStateException("rollouts: the answers of a step are longer than expected", e);
        }
        to.rewind();
        int[] ints = new int[bytes.size()];
        to.asIntBuffer().get(ints);
        try (Kernels scratch = run.openStep()) {
            scratch.copy(scratch.ofInts(ints), bytes);
        }
    }

    List<List<Group>> get() {
        int[] ints = run.downloadInts(bytes);
        ByteBuffer from = ByteBuffer.allocate(ints.length * Integer.BYTES);
        from.asIntBuffer().put(ints);
        return read(from);
    }

    private static void write(List<List<Group>> micros, ByteBuffer to) {
        to.putInt(micros.size());
        Map<String, Double> facts = micros.getFirst().getFirst().facts();
        to.putInt(facts.size());
        facts.forEach((name, value) -> {
            byte[] text = name.getBytes(StandardCharsets.UTF_8);
            to.putInt(text.length).put(text).putDouble(value);
        });
        for (List<Group> micro : micros) {
            to.putInt(micro.size());
            for (Group g : micro) {
                to.putInt(g.attempts().size());
                for (Attempt a : g.attempts()) write(a, to);
            }
        }
    }

    private static void write(Attempt a, ByteBuffer to) {
        to.putInt(a.answer().promptTokens());
        int[] ids = a.answer().ids();
        to.putInt(ids.length);
        for (int id : ids) to.putInt(id);
        to.putInt(a.ended() ? 1 : 0).putDouble(a.reward()).putDouble(a.advantage());
        for (float[] values : List.of(a.old(), a.reference())) {
            to.putInt(values.length);
            for (float v : values) to.putFloat(v);
        }
    }

    private static List<List<Group>> read(ByteBuffer from) {
        int count = from.getInt();
        Map<String, Double> facts = new LinkedHashMap<>();
        for (int i = from.getInt(); i > 0; i--) {
            byte[] text = new byte[from.getInt()];
            from.get(text);
            facts.put(new String(text, StandardCharsets.UTF_8), from.getDouble());
        }
        List<List<Group>> micros = new ArrayList<>();
        for (int m = 0; m < count; m++) {
            List<Group> micro = new ArrayList<>();
            for (int g = from.getInt(); g > 0; g--) micro.add(group(from, facts));
            micros.add(micro);
        }
        return micros;
    }

    private static Group group(ByteBuffer from, Map<String, Double> facts) {
        List<Attempt> attempts = new ArrayList<>();
        for (int a = from.getInt(); a > 0; a--) attempts.add(attempt(from));
        int[] prompt = attempts.getFirst().prompt().ids();
        return new Group(Question.of(prompt), attempts, facts);
    }

    private static Attempt attempt(ByteBuffer from) {
        int prompt = from.getInt();
        int[] ids = new int[from.getInt()];
        for (int t = 0; t < ids.length; t++) ids[t] = from.getInt();
        Attempt a = Attempt.of(LabelledTokens.completion(ids, prompt), from.getInt() == 1);
        return a.worth(from.getDouble()).better(from.getDouble()).seen(floats(from), floats(from));
    }

    private static float[] floats(ByteBuffer from) {
        float[] values = new float[from.getInt()];
        for (int t = 0; t < values.length; t++) values[t] = from.getFloat();
        return values;
    }
}
