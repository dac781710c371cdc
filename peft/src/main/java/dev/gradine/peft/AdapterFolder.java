package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.io.AtomicFiles;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Scorer;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.Transposed;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/// Adapters on disk as Hugging Face PEFT writes them: `adapter_model.safetensors` and `adapter_config.json`.
///
/// Keys are `base_model.model.PATH.lora_A.weight`, `….lora_B.weight`, and `base_model.model.PATH.weight` for a module
/// trained whole.
public final class AdapterFolder {

    /// File of the weights.
    public static final String WEIGHTS = "adapter_model.safetensors";

    /// File of the configuration.
    public static final String CONFIG = "adapter_config.json";

    static final String TOP = "base_model.";
    static final String PREFIX = TOP + "model.";
    private static final String MODEL = "config.json"; // of the model with its head
    private static final List<String> HEADS = List.of(Scorer.SCORE, "classifier", "classifier.out_proj");
    private static final int COMPRESS_FROM = 20; // names, as PEFT does

    private AdapterFolder() {}

    /// Writes both files into `folder`, the weights first, after a configuration that is there is removed:
    /// a folder with a configuration is complete. The folder is made if it is not there.
    ///
    /// @param baseModel name of the model it was trained on, for the configuration; empty for none
    public static void save(AdapterSet trained, Path folder, String baseModel, Kernels kernels) {
        try (Kernels scratch = kernels.openStep()) {
            AdapterSet set = trained.stored(scratch);
            write(set.method().asWritten(set, scratch), folder, baseModel, scratch);
        }
    }

    private static void write(AdapterSet set, Path folder, String baseModel, Kernels kernels) {
        try (Arena arena = Arena.ofShared()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            set.trained().forEach((name, p) -> {
                tensors.putAll(set.method().packed(name, p.value(), kernels, arena));
            });
            set.fixed().forEach((name, p) -> {
                if (set.method().writes(name)) tensors.put(name, kernels.toHost(p.value(), arena));
            });
            set.copies().forEach((weight, p) -> {
                String name = set.stored(weight);
                if (tensors.containsKey(name)) tensors.put(name, host(weight, p, kernels, arena));
            });
            set.replaced().forEach((weight, p) -> {
                boolean adapted = set.adapters().keySet().stream()
                        .anyMatch(site -> site.path().equals(weight.module()));
                String name = adapted ? baseLayer(weight) : PREFIX + weight.path();
                if (!set.copies().containsKey(weight)) tensors.put(name, host(weight, p, kernels, arena));
            });
            make(folder);
            AtomicFiles.remove(folder.resolve(CONFIG));
            Safetensors.write(folder.resolve(WEIGHTS), tensors);
        }
        Json.write(folder.resolve(CONFIG), AdapterConfig.write(set, targets(set), baseModel));
    }

    private static void make(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (FileAlreadyExistsException e) {
            throw new AdapterException(folder + ": is a file, expected a folder for the adapter");
        } catch (IOException e) {
            throw new AdapterException("%s: cannot be made, expected a folder that may be written to: %s"
                    .formatted(folder, e.getMessage()));
        }
    }

    /// A weight of the model, the way round that its checkpoint has it.
    private static Tensor host(Weight weight, Param value, Kernels kernels, Arena arena) {
        Tensor host = kernels.toHost(value.value(), arena);
        return weight.isTransposed() ? Transposed.of(host) : host;
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
        try {
            return AdapterConfig.read(Json.readObject(file), file.toString());
        } catch (AdapterException e) { // from an option's own check, which knows no file
            throw e.in(file);
        }
    }

    /// Labels of the head that an adapter brings along: by the `config.json` beside it, else as many as
    /// the head has outputs. One, or none if it brings no head.
    public static List<Labels> labels(Path folder) {
        Path weights = folder.resolve(WEIGHTS);
        if (!Files.exists(weights)) return List.of();
        int count = 0;
        try (Arena arena = Arena.ofShared()) {
            Safetensors file = Safetensors.open(weights, arena);
            for (String head : HEADS) {
                String name = PREFIX + head + ".weight";
                if (file.names().contains(name))
                    count = file.tensor(name).shape().dim(0);
            }
        }
        if (count == 0) return List.of();
        Path said = folder.resolve(MODEL);
        if (!Files.exists(said)) return List.of(Labels.numbered(count));
        return List.of(Labels.of(new ModelConfig(Json.readObject(said)), count));
    }

    /// The model that the adapter of a folder was trained on, as its configuration names it; empty where it does not.
    public static String baseModel(Path folder) {
        return Json.readObject(folder.resolve(CONFIG)).get(AdapterConfig.BASE) instanceof String name ? name : "";
    }

    /// The adapters of a folder for `model`, ready to be trained further.
    ///
    /// @param run lifetime of what is trained
    /// @throws IllegalArgumentException names the file and the tensor or field that is missing, left over or unfit
    public static AdapterSet load(Path folder, Model model, Kernels run) {
        return load(folder, model, run, _ -> {});
    }

    /// The same.
    ///
    /// @param tell gets one line: modules matched, tensors used, tensors left
    public static AdapterSet load(Path folder, Model model, Kernels run, Consumer<String> tell) {
        AdapterLoader.Loaded loaded = load(new AdapterLoader(folder, model, run), folder);
        tell.accept(loaded.line());
        return loaded.set();
    }

    private static AdapterLoader.Loaded load(AdapterLoader loader, Path folder) {
        try {
            return loader.load();
        } catch (AdapterException e) { // from the adapters, which know no folder
            throw e.in(folder);
        }
    }

    /// Name of a weight of the model itself, under an adapter.
    static String baseLayer(Weight w) {
        return PREFIX + w.module() + ".base_layer"
                + w.path().substring(w.module().length());
    }
}
