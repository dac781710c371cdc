package dev.gradine.peft;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

    private static final String PREFIX = "base_model.model.";
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
        Json.write(folder.resolve(CONFIG), AdapterConfig.write(set.config(), targets(set), baseModel));
    }

    private static Object targets(AdapterSet set) {
        Targets t = set.config().targets();
        if (t instanceof Targets.Regex r) return r.pattern().pattern();
        if (t instanceof Targets.Suffixes s) return s.names();
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
    public static LoraConfig config(Path folder) {
        Path file = folder.resolve(CONFIG);
        if (!Files.isDirectory(folder)) throw new AdapterException(folder + ": no such folder, expected an adapter");
        return AdapterConfig.read(Json.readObject(file), file.toString());
    }

    /// The adapters of a folder for `model`, ready to be trained further.
    ///
    /// @param run lifetime of what is trained
    /// @throws IllegalArgumentException names the file and the tensor or field that is missing, left over or unfit
    public static AdapterSet load(Path folder, Model model, Kernels run) {
        LoraConfig config = config(folder);
        Path file = folder.resolve(WEIGHTS);
        try (Arena arena = Arena.ofShared()) {
            Stored stored = new Stored(Safetensors.open(file, arena), run);
            AdapterSet set = AdapterSet.build(model, config, run, stored);
            stored.requireAllRead();
            return set;
        }
    }

    /// Values read from the file, copied to the lifetime of the run as f32.
    private record Stored(Safetensors file, Kernels run, Set<String> read) implements AdapterSet.Values {

        Stored(Safetensors file, Kernels run) {
            this(file, run, new HashSet<>());
        }

        @Override
        public LoraLinear lora(Linear layer, LoraLinear.Size size, LoraLinear.Start start) {
            Tensor a = value(PREFIX + layer.path() + ".lora_A.weight");
            Tensor b = value(PREFIX + layer.path() + ".lora_B.weight");
            Shape w = layer.weight().shape();
            AdapterException.requireShape(
                    file.path() + ": " + layer.path() + ".lora_A.weight",
                    a.shape(),
                    Shape.of(size.rank(), w.dim(1)),
                    "rank of " + CONFIG + " and base weight " + w);
            AdapterException.requireShape(
                    file.path() + ": " + layer.path() + ".lora_B.weight",
                    b.shape(),
                    Shape.of(w.dim(0), size.rank()),
                    "rank of " + CONFIG + " and base weight " + w);
            return LoraLinear.of(layer, a, b, size.s(), start);
        }

        @Override
        public Tensor copy(Weight weight) {
            Tensor t = value(PREFIX + weight.path());
            Shape expected = weight.shape();
            AdapterException.requireShape(file.path() + ": " + weight.path(), t.shape(), expected, "the base weight");
            return t;
        }

        private Tensor value(String name) {
            read.add(name);
            Tensor host = file.tensor(name);
            if (!host.dtype().isReal()) {
                throw new AdapterException(
                        "%s: %s is %s, expected a real type".formatted(file.path(), name, host.dtype()));
            }
            Tensor t = run.empty(host.shape());
            try (Kernels scratch = run.openStep()) {
                scratch.copy(scratch.fromHost(host), t);
            }
            if (!Double.isFinite(run.reduce().sumOfSquares(t))) {
                throw new AdapterException(file.path() + ": " + name + " has a value that is not finite");
            }
            return t;
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
