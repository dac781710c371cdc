package dev.gradine.export;

import dev.gradine.io.AtomicFiles;
import dev.gradine.io.BitsAndBytesParts;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.ModelFolder;
import dev.gradine.io.TensorSource;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Quantization;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A Hugging Face folder of a model whose linear layers are of four or eight bits, as transformers and bitsandbytes
/// write it.
public final class QuantizedModel {

    private QuantizedModel() {}

    /// Writes the folder.
    ///
    /// @param m opened with `how`
    /// @param out absent or empty
    /// @throws IllegalArgumentException if the folder is not empty, or a weight cannot be written so
    public static void write(OpenModel m, Quantization how, Path out) {
        AtomicFiles.requireFree(out);
        Checkpoint c = m.checkpoint();
        List<TensorSource> tensors = new ArrayList<>();
        for (Weight w : m.model().weights()) {
            if (!c.has(w.path())) continue; // tied to another
            Tensor value = w.param().value();
            if (value.dtype() == how.type()) {
                tensors.addAll(parts(w, value, c.tensor(w.path()).dtype()));
            } else {
                tensors.add(TensorSource.of(w.path(), c.tensor(w.path())));
            }
        }
        Map<String, Object> config = new LinkedHashMap<>(c.config());
        config.put("quantization_config", quantization(m, how));
        ModelFolder.write(out, config, tensors, ModelFolder.sideFiles(c.folder()));
    }

    /// What bitsandbytes writes for a weight.
    ///
    /// @param value codes in host memory
    /// @param dtype that it had before
    /// @throws IllegalArgumentException if it cannot be written so
    static List<TensorSource> parts(Weight w, Tensor value, DType dtype) {
        if (w.isTransposed()) {
            throw new IllegalArgumentException(
                    "quantize: %s lies the other way round in this family, expected [out, in] as bitsandbytes has it"
                            .formatted(w));
        }
        return BitsAndBytesParts.of(w.path(), value, dtype);
    }

    /// The keys of transformers' `BitsAndBytesConfig`.
    static Map<String, @Nullable Object> quantization(OpenModel m, Quantization how) {
        Map<String, @Nullable Object> q = new LinkedHashMap<>();
        boolean isEight = how.type() == DType.INT8;
        q.put("_load_in_4bit", !isEight);
        q.put("_load_in_8bit", isEight);
        q.put("bnb_4bit_compute_dtype", isEight ? "float32" : compute(m)); // of eight bits transformers' usual values
        q.put("bnb_4bit_quant_storage", "uint8");
        q.put("bnb_4bit_quant_type", isEight ? "fp4" : how.typeName());
        q.put("bnb_4bit_use_double_quant", how.doubleQuant());
        q.put("llm_int8_enable_fp32_cpu_offload", false);
        q.put("llm_int8_has_fp16_weight", false);
        q.put("llm_int8_skip_modules", skipped(m, how));
        q.put("llm_int8_threshold", 6.0);
        q.put("load_in_4bit", !isEight);
        q.put("load_in_8bit", isEight);
        q.put("quant_method", "bitsandbytes");
        return q;
    }

    private static String compute(OpenModel m) {
        String path = m.model().linears().getFirst().weight().path();
        return BitsAndBytesParts.torchName(m.checkpoint().tensor(path).dtype());
    }

    /// Linear layers that stay as they are; null for the head alone, which transformers leaves by itself.
    private static @Nullable List<String> skipped(OpenModel m, Quantization how) {
        TreeSet<String> names = new TreeSet<>();
        for (Linear l : m.model().linears()) {
            if (l.weight().param().value().dtype() != how.type()) names.add(l.path());
        }
        return names.stream().allMatch("lm_head"::equals) ? null : List.copyOf(names);
    }
}
