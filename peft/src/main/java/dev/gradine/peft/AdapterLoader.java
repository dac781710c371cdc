package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SplittableRandom;

/// Reads an adapter's folder onto a model as PEFT does, and says in one line what of it was used.
///
/// What is trained comes first. Then weights of the model itself: PEFT stores the table or matrix under an adapted
/// embedding or head, `PATH.base_layer.weight`, and both of them where the vocabulary has grown, and puts them in the
/// place of the model's own. If two modules are one weight, both get it, the last one stored.
final class AdapterLoader {

    private static final String PICKLE = "adapter_model.bin";

    private static final String SECOND_ROWS = ".base_layer.trainable_tokens_delta";

    private final Path folder;
    private final Model model;
    private final Kernels run;
    private boolean apart;

    AdapterLoader(Path folder, Model model, Kernels run) {
        this.folder = folder;
        this.model = model;
        this.run = run;
    }

    /// An adapter and the line about it.
    record Loaded(AdapterSet set, String line) {}

    Loaded load() {
        AdapterConfig c = AdapterFolder.config(folder);
        Path weights = folder.resolve(AdapterFolder.WEIGHTS);
        if (!Files.exists(weights) && Files.exists(folder.resolve(PICKLE))) throw pickle();
        List<String> unknown =
                c.selection().modulesToSave().stream().filter(m -> !isModule(m)).toList();
        Selection where = tied(c.selection().of(model, c.method()).without(unknown));
        Start start = new Start(run, new SplittableRandom(0), 0, Start.NO_TOKENIZER).knowing(Learnt.STORED);
        AdapterSet set = AdapterSet.fresh(model, c.method(), where, start).stored(run);
        try (Arena arena = Arena.ofShared()) {
            StoredAdapter stored = new StoredAdapter(Safetensors.open(weights, arena), run);
            set.trained().forEach((name, p) -> copy(set, stored, name, p));
            set.fixed().forEach((name, p) -> copy(set, stored, name, p));
            SequencedMap<Weight, Param> others = new LinkedHashMap<>();
            Set<String> leaves = new HashSet<>();
            // PEFT stores rows of a tied head a third time where the head is a target, too
            set.rows().keySet().forEach(s -> leaves.add(AdapterFolder.PREFIX + s.path() + SECOND_ROWS));
            for (Weight w : model.weights()) others.putAll(baseWeight(set, w, stored, leaves));
            stored.requireAllRead(leaves);
            AdapterSet loaded = set.asTrained(others);
            return new Loaded(loaded, line(loaded, stored, unknown));
        }
    }

    private static void copy(AdapterSet set, StoredAdapter stored, String name, Param fresh) {
        if (!stored.has(name) && !set.method().mustStore(name)) return; // the fresh value holds
        if (set.method().packs(name, fresh.value().shape())) stored.unpack(name, fresh, set.method());
        else stored.copy(name, fresh, isTransposed(set, name));
    }

    /// PEFT passes over modules to save that the model has not.
    private boolean isModule(String name) {
        return model.weights().stream().anyMatch(w -> Selection.saves(name, w.module()));
    }

    /// Under `ensure_weight_tying` PEFT adapts the head where the embedding it is tied to is adapted, and stores both.
    private Selection tied(Selection where) {
        boolean ensures = Boolean.TRUE.equals(
                Json.readObject(folder.resolve(AdapterFolder.CONFIG)).get("ensure_weight_tying"));
        Selection all = where;
        for (Embedding e : model.embeddings()) {
            for (Linear l : model.linears()) {
                boolean isTwin = ensures && l.weight().param() == e.weight().param();
                if (!isTwin || (where.adapts(l.path()) || where.saves(l.path()))) continue;
                all = all.with(l.path(), e.path());
                apart |= where.adapts(e.path()) || where.saves(e.path());
            }
        }
        return all;
    }

    private AdapterException pickle() {
        return new AdapterException(
                ("%s: has %s alone, which is a Python pickle and runs code when it is read; expected"
                                + " %s (PEFT writes it: PeftModel.from_pretrained(…).save_pretrained(…))")
                        .formatted(folder, PICKLE, AdapterFolder.WEIGHTS));
    }

    private static boolean isTransposed(AdapterSet set, String name) {
        return set.copies().keySet().stream().anyMatch(w -> w.isTransposed() && name.equals(set.stored(w)));
    }

    private SequencedMap<Weight, Param> baseWeight(AdapterSet set, Weight w, StoredAdapter stored, Set<String> leaves) {
        SequencedMap<Weight, Param> others = new LinkedHashMap<>();
        if (set.copies().containsKey(w)) return others;
        boolean isAdapted = isAdapted(set, w);
        String plain = AdapterFolder.PREFIX + w.path();
        String base = AdapterFolder.baseLayer(w);
        leaves.add(isAdapted ? plain : base); // names of other releases, which PEFT leaves
        String name = isAdapted ? base : plain;
        if (!stored.has(name)) return others;
        stored.inPlaceOf(w, name).values().forEach(value -> {
            for (Weight twin : model.weights()) if (twin.param() == w.param()) others.put(twin, value);
        });
        return others;
    }

    private static boolean isAdapted(AdapterSet set, Weight w) {
        return set.adapters().keySet().stream().map(Site::path).anyMatch(w.module()::equals);
    }

    private static String counted(int n, String what) {
        return n + " " + what + (n == 1 ? "" : "s");
    }

    private String line(AdapterSet set, StoredAdapter stored, List<String> unknown) {
        List<String> parts = new ArrayList<>();
        parts.add(set.method().name() + " on " + counted(set.adapters().size(), "module"));
        if (!set.copies().isEmpty()) parts.add(counted(set.copies().size(), "tensor") + " trained as copies");
        set.rows().forEach((site, r) -> {
            if (!r.follows()) parts.add(counted(r.tokens().size(), "row") + " of " + site.path());
        });
        parts.add("%d of %d tensors used".formatted(stored.used(), stored.size()));
        if (!set.replaced().isEmpty()) {
            List<String> names =
                    set.replaced().keySet().stream().map(Weight::path).toList();
            parts.add("in the place of the model's own: " + String.join(", ", names));
        }
        if (!set.selection().bias().equals(Selection.NO_BIAS)) {
            parts.add("biases are trained: with the adapter off, the base's own hold (PEFT leaves the trained ones)");
        }
        if (!set.method().note().isEmpty()) parts.add(set.method().note());
        if (!stored.left().isEmpty()) parts.add("left: " + String.join(", ", stored.left()));
        if (apart) parts.add("ensure_weight_tying: if it is trained on, embedding and head are trained apart");
        if (!unknown.isEmpty()) parts.add("modules_to_save that the model has not: " + String.join(", ", unknown));
        return "adapter %s: %s".formatted(folder, String.join("; ", parts));
    }
}
