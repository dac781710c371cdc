package dev.gradine.cli;

import dev.gradine.autograd.Param;
import dev.gradine.io.LayerCopies;
import dev.gradine.nn.Labels;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Calibration;
import dev.gradine.peft.FreshAdapters;
import dev.gradine.peft.Method;
import dev.gradine.peft.Methods;
import dev.gradine.peft.Selection;
import dev.gradine.peft.Start;
import dev.gradine.settings.Explained;
import dev.gradine.tensor.DType;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;

/// What of the model is trained, and how: shared by the training commands. Options of single methods come from the
/// methods themselves.
@HelpGroup.Heading("Adapter")
final class AdapterArgs {

    private final RecordOptions<AdapterSettings> where = new RecordOptions<>("Adapter", AdapterSettings.defaults());
    private final ChoiceOptions how;

    /// @param taken names of options that mean something else here
    AdapterArgs(List<String> taken) {
        how = new ChoiceOptions("Adapter", "adapter", "Method of a fresh adapter", methods(), taken);
    }

    /// The methods there are, by what a user calls them.
    static SequencedMap<String, Record> methods() {
        SequencedMap<String, Record> all = new LinkedHashMap<>();
        for (Method m : Methods.all()) all.put(m.name(), (Record) m);
        return all;
    }

    void addTo(CommandSpec command) {
        where.addTo(command);
        how.addTo(command);
    }

    /// The adapter to be trained.
    ///
    /// @param data for one that begins from it
    /// @param tell gets the line about an adapter that is read, or about the data that was
    AdapterSet adapt(LoadedModel m, long seed, Calibration data, Consumer<String> tell) {
        AdapterSettings settings = where.read();
        Path start = settings.initAdapter();
        if (start != null) {
            AdapterSet set = AdapterFolder.load(start, m.trained(), m.run(), tell);
            set.method().requireContinues();
            return set;
        }
        Method method = method();
        if (!method.note().isEmpty()) tell.accept("adapter %s: %s".formatted(method.name(), method.note()));
        Start first = new Start(
                        m.run(),
                        new SplittableRandom(seed),
                        0,
                        text -> m.codecFor(false).tokenizer().encode(text, false))
                .with(m.open()::original);
        Selection targets = settings.selection(method.usualTargets());
        AdapterSet set = FreshAdapters.of(m.trained(), method, targets, first, data, tell);
        tellOfRoundedRest(set, tell);
        return set;
    }

    /// The file has a plain LoRA over the model's own weights, so what rounding took from the rest is not in it.
    private static void tellOfRoundedRest(AdapterSet set, Consumer<String> tell) {
        for (Param rest : set.replaced().values()) {
            DType type = rest.value().dtype();
            if (type == DType.F32) continue;
            tell.accept(
                    ("adapter %s: trains over what it leaves of the base, rounded to %s; the file is a LoRA over the"
                                    + " base as it is, which computes the same up to that rounding")
                            .formatted(set.method().name(), type));
            return;
        }
    }

    /// Labels that the adapter to go on with tells: one, or none.
    List<Labels> labels() {
        Path start = where.read().initAdapter();
        return start == null ? List.of() : AdapterFolder.labels(start);
    }

    /// Layers that the model to be adapted is made of.
    LayerCopies copies() {
        return adapted().replication().copies();
    }

    /// The method asked for, or that of the adapter to go on with.
    Method adapted() {
        Path start = where.read().initAdapter();
        return start == null ? method() : AdapterFolder.config(start).method();
    }

    /// The numbers of a fresh adapter beside what is usual.
    List<Explained> explained() {
        return where.read().initAdapter() == null ? how.explained() : List.of();
    }

    private Method method() {
        return (Method) how.read();
    }

    /// Where the adapter comes from, as part of what decides the result of a run; the run tells the rest itself.
    Map<String, Object> origin() {
        Path start = where.read().initAdapter();
        return start == null ? Map.of() : Map.of("init-adapter", start.toString());
    }
}
