package dev.gradine.peft;

import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A way to adapt a model: how its adapters begin, and how PEFT's `adapter_config.json` tells it. A method is a record;
/// its components are its options,
/// each with an `Option`; a static method `defaults()` gives the usual ones. `permits` is the table of contents.
///
/// Selecting layers, saving, loading, merging, snapshots and the command line are written once, against this interface
/// and `Adapter`.
public sealed interface Method
        permits Lora,
                Dora,
                Alora,
                AdaLora,
                LoHa,
                LoKr,
                Oft,
                Boft,
                Miss,
                Hra,
                Vera,
                FourierFt,
                RandLora,
                VbLora,
                Ia3,
                PromptTuning,
                PTuning,
                PrefixTuning,
                LnTuning,
                TrainableTokens,
                Full,
                CustomMethod {

    /// What a model computes with fresh adapters.
    enum Beginning {
        /// What it computed without them, bit for bit.
        SAME,
        /// That, up to rounding.
        ROUNDED,
        /// Something else.
        OTHER
    }

    /// What a user calls it: `PromptTuning` is `prompt-tuning`.
    default String name() {
        return getClass()
                .getSimpleName()
                .replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-")
                .toLowerCase(Locale.ROOT);
    }

    /// What PEFT calls it, such as `LORA`.
    String peftType();

    /// Further fields by which PEFT tells it from other methods of this type, with their values.
    default Map<String, Object> marks() {
        return Map.of();
    }

    /// Whether a file of its type is of this method: it has its marks.
    default boolean claims(ConfigFields file) {
        return marks().entrySet().stream()
                .allMatch(e -> e.getValue().equals(file.json().get(e.getKey())));
    }

    /// The fields of PEFT's configuration that are no options of it.
    PeftFields peftFields();

    /// Fields that PEFT writes and that follow from the model.
    default Map<String, @Nullable Object> peftFields(Model model) {
        return Map.of();
    }

    /// Name in `adapter_model.safetensors` of what an adapter trains.
    ///
    /// @param param as `Adapter.params` names it
    default String stored(Site site, String param) {
        return AdapterFolder.PREFIX + site.path() + "." + param;
    }

    /// Whether a file gets the tensor of this name; what follows from the options may be left out.
    default boolean writes(String name) {
        return true;
    }

    /// Whether a file must have a tensor of this name; of others it may be without, the fresh value holds.
    default boolean mustStore(String name) {
        return writes(name);
    }

    /// Whether files have a value of this name in another form, which `packed` makes and `unpacked` reads.
    default boolean packs(String name, Shape shape) {
        return false;
    }

    /// What a file gets in the place of a value, by name.
    ///
    /// @param arena lifetime of what is made
    default Map<String, Tensor> packed(String name, Tensor value, Kernels k, Arena arena) {
        return Map.of(name, k.toHost(value, arena));
    }

    /// A value of which a file has the other form.
    ///
    /// @param file gives a tensor of the file, in host memory
    /// @return f32, in the memory of `k`
    /// @throws AdapterException names the tensor that no value can be made of
    default Tensor unpacked(String name, Shape shape, Function<String, Tensor> file, Kernels k) {
        throw new UnsupportedOperationException(name + ": is not packed");
    }

    /// Fails if training cannot go on from its files.
    ///
    /// @throws AdapterException says why
    default void requireContinues() {}

    /// Fails if adapters of the two cannot stand in one model.
    ///
    /// @throws AdapterException names the option in which they differ
    default void requireBeside(Method other) {}

    /// Whether it trains a whole copy of this weight, whatever `modules_to_save` says.
    default boolean copies(Weight weight, Selection where) {
        return false;
    }

    /// Name in `adapter_model.safetensors` of a copy.
    default String storedCopy(Weight weight) {
        return AdapterFolder.PREFIX + weight.path();
    }

    /// Layers it adapts unless told otherwise.
    default Targets usualTargets() {
        return new Targets.AllLinear("lm_head");
    }

    /// Layers that PEFT adapts where its file names none, by model family.
    default Map<String, List<String>> familyTargets() {
        return FamilyTargets.QUERY_AND_VALUE;
    }

    /// Layers that PEFT adapts in this model where its file names none.
    default Targets usualTargets(Model model) {
        return FamilyTargets.of(model, this);
    }

    /// Tokens whose rows are trained at this place; for the most part those that `where` names.
    ///
    /// @param isInput whether it is the input embedding
    default List<Integer> tokens(Site site, Selection where, boolean isInput) {
        return where.tokens().at(site.path(), isInput);
    }

    /// Whether rows of tokens begin as drawn ones, not as those of the checkpoint.
    default boolean drawsRows() {
        return false;
    }

    /// Name in `adapter_model.safetensors` of trained rows.
    default String storedRows(Site site) {
        return AdapterFolder.PREFIX + site.path() + ".token_adapter.trainable_tokens_delta";
    }

    /// Whether the file has them a second time, at a head that is tied to the embedding.
    default boolean storesFollowers() {
        return false;
    }

    /// What users of PEFT should know about it; empty for nothing.
    default String note() {
        return "";
    }

    /// The layers of the model that it adapts, where that is deeper than the checkpoint.
    default LayerReplication replication() {
        return LayerReplication.NONE;
    }

    /// Whether it can adapt this place.
    boolean takes(Site site);

    /// Whether it adapts this place.
    default boolean adapts(Site site, Selection where) {
        return takes(site) && (!peftFields().selects("target_modules") || where.adapts(site));
    }

    /// Number of values it trains there alone.
    long parameters(Site site);

    /// Number of values it trains once for all these places.
    default long sharedParameters(List<Site> sites) {
        return 0;
    }

    /// What the model computes before the first step.
    default Beginning begins() {
        return Beginning.SAME;
    }

    /// The LoRA in it, where its adapters have the two factors of one.
    default Optional<Lora> lowRank() {
        return Optional.empty();
    }

    /// The same over another LoRA; asked only if it has one.
    default Method over(Lora other) {
        throw new UnsupportedOperationException(name() + ": has no LoRA");
    }

    /// A fresh adapter, in the lifetime of `start.run()`.
    Adapter fresh(Site site, Start start);

    /// The same method, with what a file says of it beyond its options.
    ///
    /// @throws AdapterException names the field that cannot be used
    default Method reading(ConfigFields file) {
        return this;
    }

    /// What `set` is stored as, where that is not what is trained: AdaLoRA leaves out ranks.
    ///
    /// @param k memory for what is made, in use until it is written
    default AdapterSet asWritten(AdapterSet set, Kernels k) {
        return set;
    }

    /// The same method with what follows from the length of a run, to be written beside what was trained in it.
    default Method over(int steps) {
        return this;
    }

    /// What it does in the training of fresh adapters beside following the gradient.
    ///
    /// @param steps of the run
    /// @param run lifetime of what it remembers
    default Shaping shaping(AdapterSet set, int steps, Kernels run) {
        return Shaping.NONE;
    }

    /// Whether weights alone can compute what its adapters do.
    default boolean merges() {
        return true;
    }
}
