// Fine-tunes a language model on rows of a file, saves the adapter, and writes the merged model.
import dev.gradine.align.Sft;
import dev.gradine.export.MergedModel;
import dev.gradine.models.Models;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.train.Run;
import dev.gradine.train.RunFiles;

void main(String... args) {
    var files = RunFiles.of(Path.of(args[0]), Path.of(args[1]), Path.of(args[2])); // model, rows, folder to write
    try (var run = CpuKernels.open(); var m = Models.open(files.model(), run)) {
        var adapter = AdapterSet.fresh(m.model(), Lora.defaults(), Selection.of("all-linear"), run, new SplittableRandom(42));
        Run.of(Sft.defaults(), files).train(m, adapter); // one pass over the rows; saves the adapter
        MergedModel.write(m, adapter, files.out().resolve("merged"));
        IO.println("%,d values trained, in %s".formatted(adapter.trainedValues(), files.out()));
    }
}
