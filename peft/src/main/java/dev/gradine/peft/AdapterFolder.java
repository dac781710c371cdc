package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/// Adapters on disk as Hugging Face PEFT writes them: `adapter_model.safetensors` and `adapter_config.json`.
///
/// Keys are `base_model.model.PATH.lora_A.weight`, `….lora_B.weight`, and `base_model.model.PATH.weight` for a module
/// trained whole.
public final class AdapterFolder {

    /// File of the weights.
    public static final String WEIGHTS = "adapter_model.safetensors";

    /// File of the configuration.
    public static final String CONFIG = "adapter_config.json";

    static final String PREFIX = "base_model.model.";
    private static final int COMPRESS_FROM = 20; // names, as PEFT does

    private AdapterFolder() {}

    /// Writes both files into `folder`, the weights first: a folder with a configuration is complete.
    ///
    /// @param baseModel name of the model it was trained on, for the configuration; empty for none
    public static void save(AdapterSet set, Path folder, String baseModel, Kernels kernels) {
        try (Arena arena = Arena.ofShared()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            set.trained().forEach((name, p) -> tensors.put(name, kernels.toHost(p.value(), arena)));
            Safetensors.write(folder.resolve(WEIGHTS), tensors);
        }
        Json.write(folder.resolve(CONFIG), AdapterConfig.write(set, targets(set), baseModel));
    }

    private static Object targets(AdapterSet set) {
        if (!(set.selection().targets() instanceof Targets.AllLinear))
            return set.selection().targets().stored();
        Set<String> adapted = new TreeSet<>();
        set.adapters().keySet().forEach(layer -> adapted.add(layer.path()));
        return List.copyOf(adapted.size() < COMPRESS_FROM ? adapted : compressed(adapted, set.model()));
    }

    /// The shortest suffixes that name the adapted layers and no other.
    private static Set<String> compressed(Set<String> adapted, Model model) {
        Set<String> suffixes = new TreeSet<>();
        for (String path : adapted) {
            String suffix = path.substring(path.lastIndexOf('.') + 1);
            while (!suffix.equals(path) && namesOthers(suffix, adapted, model)) {
                int dot = path.lastIndexOf('.', path.length() - suffix.length() - 2);
                suffix = path.substring(dot + 1);
            }
            suffixes.add(suffix);
        }
        return suffixes;
    }

    private static boolean namesOthers(String suffix, Set<String> adapted, Model model) {
        Targets t = new Targets.Suffixes(List.of(suffix));
        return model.linears().stream().map(Linear::path).anyMatch(p -> t.matches(p) && !adapted.contains(p));
    }

    /// What an adapter folder's configuration says.
    ///
    /// @throws IllegalArgumentException names the file and the field
    public static AdapterConfig config(Path folder) {
        Path file = folder.resolve(CONFIG);
        if (!Files.isDirectory(folder)) throw new AdapterException(folder + ": no such folder, expected an adapter");
        return AdapterConfig.read(Json.readObject(file), file.toString());
    }

    /// The adapters of a folder for `model`, ready to be trained further.
    ///
    /// @param run lifetime of what is trained
    /// @throws IllegalArgumentException names the file and the tensor or field that is missing, left over or unfit
    public static AdapterSet load(Path folder, Model model, Kernels run) {
        AdapterConfig c = config(folder);
        AdapterSet set = AdapterSet.fresh(model, c.method(), c.selection(), run, new SplittableRandom(0));
        try (Arena arena = Arena.ofShared()) {
            Stored stored = new Stored(Safetensors.open(folder.resolve(WEIGHTS), arena), run, new HashSet<>());
            set.trained().forEach(stored::copy);
            set.adapters().keySet().forEach(stored::requireSameTable);
            stored.requireAllRead();
        }
        return set.asTrained();
    }

    /// A file of which every tensor must be read.
    private record Stored(Safetensors file, Kernels run, Set<String> read) {

        /// Puts the tensor of that name in the place of a fresh value.
        void copy(String name, Param fresh) {
            try (Kernels scratch = run.openStep()) {
                Tensor value = value(name, scratch);
                AdapterException.requireShape(
                        file.path() + ": " + name, value.shape(), fresh.value().shape(), CONFIG + " and the model");
                run.copy(value, fresh.value());
            }
            if (!Double.isFinite(run.reduce().sumOfSquares(fresh.value()))) {
                throw new AdapterException(file.path() + ": " + name + " has a value that is not finite");
            }
        }

        private Tensor value(String name, Kernels k) {
            read.add(name);
            Tensor host = file.tensor(name);
            if (!host.dtype().isReal()) {
                throw new AdapterException(
                        "%s: %s is %s, expected a real type".formatted(file.path(), name, host.dtype()));
            }
            return k.fromHost(host);
        }

        /// PEFT stores the table under an adapted embedding, too.
        void requireSameTable(Site site) {
            String name = PREFIX + site.path() + ".base_layer.weight";
            if (!(site instanceof Embedding e) || !file.names().contains(name)) return;
            try (Kernels k = run.openStep()) {
                Tensor stored = value(name, k);
                Tensor own = e.weight().param().value();
                AdapterException.requireShape(file.path() + ": " + name, stored.shape(), own.shape(), "the model");
                Tensor a = k.empty(own.shape());
                Tensor b = k.empty(own.shape());
                k.copy(stored, a);
                k.copy(own, b);
                k.elementwise().axpy(-1, b, a);
                if (k.reduce().sumOfSquares(a) != 0) {
                    throw new AdapterException(
                            "%s: %s is another table than the model's, expected the same (the adapter "
                                            .formatted(file.path(), name)
                                    + "belongs to a model with other embeddings)");
                }
            }
        }

        void requireAllRead() {
            for (String name : file.names()) {
                if (!read.contains(name)) {
                    throw new AdapterException("%s: %s belongs to no adapted module of this model, as %s names them"
                            .formatted(file.path(), name, CONFIG));
                }
            }
        }
    }
}
