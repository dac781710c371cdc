package dev.gradine.cli;

import dev.gradine.export.FolderFormat;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Labels;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.DType;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Which model and adapter a command writes anew, and how a folder of them is written. It computes in f32,
/// wherever.
final class MergeArgs {

    @Mixin
    private SourceArgs source = new SourceArgs();

    @Mixin
    private PlaceArgs place = new PlaceArgs();

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = "Of the weights in a folder: f32, f16, bf16, or auto, as in the checkpoint (default auto).")
    private @Nullable String dtype;

    @Option(
            names = "--max-shard-size",
            paramLabel = "SIZE",
            description = "Split the weights of a folder into files of at most so much, such as 5GB or 200MB (default "
                    + FolderFormat.MAX_SHARD_SIZE + ").")
    private @Nullable String maxShardSize;

    /// How a folder is written.
    ///
    /// @throws IllegalArgumentException names the option that is wrong
    FolderFormat format() {
        return new FolderFormat(
                FolderFormat.Type.named(dtype == null ? "auto" : dtype),
                FolderFormat.bytes(maxShardSize == null ? FolderFormat.MAX_SHARD_SIZE : maxShardSize));
    }

    /// Fails on an adapter that brings a head for labels.
    ///
    /// @throws IllegalArgumentException names it
    void requireWords() {
        for (Path folder : source.adapterFolders()) {
            for (Labels head : AdapterFolder.labels(folder)) {
                throw new IllegalArgumentException(
                        ("--adapter: %s has a head for labels (%d), expected a language model's (what takes those has"
                                        + " no place for it; gradine merge writes a folder that has)")
                                .formatted(folder, head.count()));
            }
        }
    }

    /// Fails if a folder was described where `target` is none.
    void requireNoFormat(String target) {
        String typed = dtype != null ? "--dtype" : maxShardSize != null ? "--max-shard-size" : "";
        if (typed.isEmpty()) return;
        throw new IllegalArgumentException(typed + " is for --to safetensors, not for --to " + target
                + (target.equals("gguf") && dtype != null ? "; the type of its matrices is --type" : ""));
    }

    /// Opens the model as it is in its file, or quantised.
    LoadedModel open() {
        return source.open(place.chosen(DType.F32), place::tell);
    }

    /// The adapter given, for a model already open.
    ///
    /// @throws IllegalArgumentException if none was given
    AdapterSet adapt(LoadedModel m) {
        return source.adapt(m, place::tell);
    }

    /// The adapter given, for the model that the files and it mean: one of labels where there is a head
    /// for those.
    ///
    /// @throws IllegalArgumentException if none was given
    AdapterSet adaptMeant(OpenModel m) {
        return source.adapt(source.meant(m), m.run(), place::tell);
    }

    /// Another file of the same model, as it is.
    OpenModel plain(Path other, LoadedModel m) {
        return source.plain(other, m.run());
    }

    /// The adapter given, or none.
    AdapterSet adaptOrNone(LoadedModel m) {
        return source.hasAdapter() ? adapt(m) : AdapterSet.none(m.model());
    }
}
