package dev.gradine.train.reward;

import dev.gradine.align.RewardSettings;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;

/// The functions of a run, by the names they are logged by, and their weighted sum.
///
/// ```
/// R = Σ_k w_k R_k        over the functions that had something to say; NaN where none had
/// ```
public final class Rewards implements AutoCloseable {

    /// Of a run without rewards.
    public static final Rewards NONE = new Rewards(RewardSettings.defaults());

    private static final SequencedMap<String, Function<String, RewardFunction>> KNOWN = new LinkedHashMap<>();

    static {
        KNOWN.put("gsm8k", Gsm8k::of);
        KNOWN.put("exact", Exact::of);
        KNOWN.put("regex", Matches::anywhere);
        KNOWN.put("format", Matches::format);
        KNOWN.put("length", Length::of);
        KNOWN.put("overlong", Overlong::of);
    }

    private final RewardSettings settings;
    private final List<RewardFunction> functions = new ArrayList<>();

    private Rewards(RewardSettings settings) {
        this.settings = settings;
    }

    /// The functions asked for.
    ///
    /// @param opened makes those that are models themselves, by name, of their arguments
    /// @throws IllegalArgumentException names one that is not there, or an argument it cannot take
    public static Rewards of(RewardSettings settings, SequencedMap<String, Function<String, RewardFunction>> opened) {
        SequencedMap<String, Function<String, RewardFunction>> known = new LinkedHashMap<>(KNOWN);
        known.putAll(opened);
        Rewards all = new Rewards(settings);
        try {
            for (String asked : settings.reward().all()) all.functions.add(one(asked, known));
            return all;
        } catch (RuntimeException e) {
            all.close(); // of those before it
            throw e;
        }
    }

    private static RewardFunction one(String asked, SequencedMap<String, Function<String, RewardFunction>> known) {
        int colon = asked.indexOf(':');
        String name = colon < 0 ? asked : asked.substring(0, colon);
        String argument = colon < 0 ? "" : asked.substring(colon + 1);
        Function<String, RewardFunction> one = known.get(name);
        if (one != null) return one.apply(argument);
        if (name.contains(".")) return own(name, argument);
        throw unknown(name, known.sequencedKeySet());
    }

    private static IllegalArgumentException unknown(String name, Collection<String> names) {
        return new IllegalArgumentException(
                "--reward %s: expected one of %s, or the full name of a Java class".formatted(name, names));
    }

    private static RewardFunction own(String name, String argument) {
        try {
            Class<?> type = Class.forName(name);
            if (!RewardFunction.class.isAssignableFrom(type)) {
                throw new IllegalArgumentException(
                        "--reward %s: is no %s, expected one".formatted(name, RewardFunction.class.getName()));
            }
            if (argument.isEmpty())
                return (RewardFunction) type.getConstructor().newInstance();
            Constructor<?> taking = type.getConstructor(String.class);
            return (RewardFunction) taking.newInstance(argument);
        } catch (ClassNotFoundException e) {
            throw new IllegalArgumentException(
                    "--reward %s: no such class, expected it on the class path".formatted(name));
        } catch (NoSuchMethodException e) {
            throw new IllegalArgumentException("--reward %s: expected a public constructor %s"
                    .formatted(name, argument.isEmpty() ? "without arguments" : "that takes a String"));
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException told) throw told;
            throw new IllegalArgumentException("--reward %s: cannot be made".formatted(name), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("--reward %s: cannot be made".formatted(name), e);
        }
    }

    /// What each function says of each answer, by name.
    public SequencedMap<String, double[]> each(List<Answered> answers) {
        SequencedMap<String, double[]> all = new LinkedHashMap<>();
        for (int i = 0; i < functions.size(); i++) {
            all.put(settings.names().get(i), functions.get(i).all(answers));
        }
        return all;
    }

    @Override
    public void close() {
        for (RewardFunction f : functions) f.close();
    }

    /// The weighted sums.
    public double[] sums(Map<String, double[]> each, int answers) {
        double[] sums = new double[answers];
        for (int a = 0; a < answers; a++) {
            double sum = 0;
            boolean known = false;
            int i = 0;
            for (double[] values : each.values()) {
                double weight = settings.weight(i++);
                if (Double.isNaN(values[a])) continue;
                sum += weight * values[a];
                known = true;
            }
            sums[a] = known ? sum : Double.NaN;
        }
        return sums;
    }
}
