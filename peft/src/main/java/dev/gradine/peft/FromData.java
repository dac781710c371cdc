package dev.gradine.peft;

import dev.gradine.nn.Linear;
import dev.gradine.settings.Settings;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;

/// Ways for a LoRA to begin that read some of the training data first. `permits` lists them.
///
/// Their numbers stand behind the name, `eva:rho=3,tau=0.95`, under PEFT's names of them.
public sealed interface FromData extends LoraInit permits Eva, Corda, LoraGa {

    /// What is to be learnt from.
    ///
    /// @param lora the method, with its ranks
    /// @param layers that are adapted
    /// @param data what is read
    /// @param k memory while it is read
    /// @param arena lifetime of what is learnt
    record Lesson(Lora lora, List<Linear> layers, Calibration data, Kernels k, Arena arena) {

        /// The layer whose inputs each layer reads, itself or another, by the layer; layers that read
        /// nothing are not in it.
        SequencedMap<Linear, Linear> readers() {
            Map<Linear, Linear> found = new HashMap<>();
            data.read(0, k, _ -> new InputWatch(Set.copyOf(layers), found::put, (_, _, _) -> {}));
            SequencedMap<Linear, Linear> ordered = new LinkedHashMap<>();
            for (Linear l : layers) if (found.containsKey(l)) ordered.put(l, found.get(l));
            return ordered;
        }

        /// Values in host memory.
        Tensor kept(Tensor t) {
            return k.toHost(t, arena);
        }
    }

    /// What was learnt.
    ///
    /// @param values by the layer, in host memory; layers without one get no adapter
    /// @param lora the method, with the ranks that were found
    /// @param told what was read, and what was found
    record Outcome(Map<Linear, Tensor> values, Lora lora, String told) {}

    /// What was read, as a part of the line about it.
    static String read(long tokens, int batches) {
        return "%,d tokens in %d batch%s".formatted(tokens, batches, batches == 1 ? "" : "es");
    }

    /// Reads as much as it needs.
    Outcome learn(Lesson lesson);

    /// The factors at a place, from what was learnt there.
    Factors factors(Place p, Tensor learnt);

    /// Read from a file they are a LoRA's like any other.
    @Override
    default Factors factors(Place p) {
        return p.start()
                .siblings()
                .learnt()
                .of(p.layer())
                .map(t -> factors(p, t))
                .orElseGet(() -> Plain.TRUE.factors(p));
    }

    @Override
    String peft();

    /// Its numbers, under PEFT's names.
    default Map<String, Object> numbers() {
        return numbers((Record) this);
    }

    private static <R extends Record> SequencedMap<String, Object> numbers(R record) {
        return Settings.of(record).write(record);
    }

    /// The way that `text` names, its numbers behind a colon.
    ///
    /// @throws AdapterException if a number has no such name, or is out of range
    static Optional<LoraInit> parse(String text) {
        String name = text.split(":", 2)[0];
        for (FromData way : List.of(Eva.defaults(), Corda.defaults(), LoraGa.defaults())) {
            if (!way.peft().equals(name)) continue;
            try {
                return Optional.of((LoraInit) read((Record) way, text.substring(name.length())));
            } catch (IllegalArgumentException e) {
                throw new AdapterException("init-lora-weights: %s: %s".formatted(name, e.getMessage()));
            }
        }
        return Optional.empty();
    }

    private static <R extends Record> R read(R defaults, String numbers) {
        Map<String, String> given = new LinkedHashMap<>();
        if (numbers.isEmpty()) return defaults;
        for (String number : numbers.substring(1).split(",", -1)) {
            String[] parts = number.split("=", 2);
            if (parts.length < 2) throw new IllegalArgumentException("\"%s\", expected KEY=X".formatted(number));
            given.put(parts[0], parts[1]);
        }
        return Settings.of(defaults).read(given);
    }

    /// As a user writes it: the name, and the numbers that are not the usual ones.
    static String text(FromData way, FromData usual) {
        Map<String, Object> others = new LinkedHashMap<>(way.numbers());
        usual.numbers().forEach(others::remove);
        if (others.isEmpty()) return way.peft();
        return others.entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .collect(Collectors.joining(",", way.peft() + ":", ""));
    }
}
