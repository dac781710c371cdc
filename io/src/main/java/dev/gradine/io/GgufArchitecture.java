package dev.gradine.io;

import dev.gradine.io.GgufKey.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How the models of one family lie in GGUF files, told once and used for reading and for writing: where
/// its tensors are and what was done to them, and which keys mean what. Told is what differs from Llama:
/// see `GgufPlace` and `GgufKey` for that.
///
/// ```
/// GgufArchitecture.of("starcoder2", "starcoder2")
///         .placing("ffn_up", "mlp.c_fc")
///         .placing("ffn_down", "mlp.c_proj")
///         .telling("use_bias", "attn_q.bias")
///         .layerNorms("norm_epsilon", 1e-5)
/// ```
public final class GgufArchitecture {

    /// The key of the number of experts, behind the architecture's name.
    static final String EXPERTS = "expert_count";

    private final String name;
    private String modelType;
    private final GgufPlaces places;
    private final List<GgufKey> keys;
    private final GgufMeanings meanings;
    private final List<GgufDerived> derived;
    private @Nullable GgufMixing mixing;
    private String layers = "model.layers";
    private String mark = "";
    private GgufYarn yarn = GgufYarn.USUAL;
    private GgufPositions positions = GgufPositions.LLAMA;
    private int scaledByWidthAt;

    private GgufArchitecture(String name, String modelType) {
        this.name = name;
        this.modelType = modelType;
        places = GgufPlaces.usual();
        keys = new ArrayList<>(GgufKey.USUAL);
        keys.add(new GgufKey("attention.layer_norm_rms_epsilon", "rms_norm_eps", Kind.REAL, 1e-6));
        derived = new ArrayList<>();
        meanings = GgufMeanings.none();
        meanings.told().put("attn_q.bias", "attention_bias");
        meanings.told().put("ffn_gate.bias", "mlp_bias");
    }

    private GgufArchitecture(GgufArchitecture a) {
        name = a.name;
        modelType = a.modelType;
        places = a.places.copy();
        keys = new ArrayList<>(a.keys);
        meanings = a.meanings.copy();
        derived = new ArrayList<>(a.derived);
        mixing = a.mixing;
        layers = a.layers;
        mark = a.mark;
        yarn = a.yarn;
        positions = a.positions;
        scaledByWidthAt = a.scaledByWidthAt;
    }

    private GgufArchitecture with(Consumer<GgufArchitecture> change) {
        GgufArchitecture copy = new GgufArchitecture(this);
        change.accept(copy);
        return copy;
    }

    /// An architecture whose files hold what Hugging Face's hold, under GGUF's names for a Llama.
    ///
    /// @param name value of `general.architecture`
    /// @param modelType Hugging Face's `model_type`
    public static GgufArchitecture of(String name, String modelType) {
        return new GgufArchitecture(name, modelType);
    }

    /// The same for another `model_type`.
    public GgufArchitecture as(String other) {
        return with(a -> a.modelType = other);
    }

    /// A tensor has another name in Hugging Face's files than a Llama's.
    ///
    /// @param gguf within a block, or of the whole model, without `.weight` and `.bias`, where `hf` ends alike
    /// @param hf within a layer, or of the whole model; with `%d` for one tensor of each part of a stack
    public GgufArchitecture placing(String gguf, String hf) {
        List<GgufChange> changes = places.find(gguf).map(GgufPlace::changes).orElse(List.of());
        return with(a -> a.places.put(new GgufPlace(gguf, hf, changes)));
    }

    /// Two tensors, such as gate and up, are one in Hugging Face's files; all three names with their endings, if any.
    ///
    /// @param change what of two tensors it is, such as `HALVES`
    public GgufArchitecture pairing(GgufChange change, String first, String second, String hf) {
        return with(a -> a.places.put(new GgufPlace(first, hf, List.of(change), second)));
    }

    /// The values of tensors, whose names must be known already, are changed on the way, after what is done to them
    /// otherwise.
    public GgufArchitecture changing(GgufChange change, String... gguf) {
        return with(a -> {
            for (String g : gguf) a.places.put(a.places.found(g).changed(change));
        });
    }

    /// Layers have another name in Hugging Face's files than `model.layers`.
    public GgufArchitecture layers(String path) {
        return with(a -> a.layers = path);
    }

    /// Rows of q and k are interleaved on the way: llama.cpp turns neighbours.
    public GgufArchitecture withInterleavedRows() {
        return changing(GgufChange.QUERY_PAIRS, "attn_q").changing(GgufChange.KEY_PAIRS, "attn_k");
    }

    /// 1 is added to the weights of all norms on the way.
    public GgufArchitecture withNormPlusOne() {
        String[] norms = places.all().stream()
                .filter(GgufPlace::isNorm)
                .map(GgufPlace::gguf)
                .toArray(String[]::new);
        return changing(GgufChange.PLUS_ONE, norms);
    }

    /// Tensors that other architectures have have no place in files of this one.
    public GgufArchitecture without(String... gguf) {
        return with(a -> {
            for (String g : gguf) a.places.put(new GgufPlace(g, "", List.of()));
        });
    }

    /// Whether a switch of the configuration is on, a tensor of a block tells by being there.
    ///
    /// @param hf empty for no switch
    /// @param tensor within a block, such as `attn_q.bias`
    public GgufArchitecture telling(String hf, String tensor) {
        return with(a -> {
            a.meanings.told().values().remove(hf);
            a.meanings.told().put(tensor, hf);
        });
    }

    /// A text or number that llama.cpp's converter writes into every file. Another number is refused.
    public GgufArchitecture stating(String gguf, Object value) {
        return with(a -> a.meanings.stated().put(gguf, value));
    }

    /// Every so many layers have no position embedding, by llama.cpp's own rule.
    public GgufArchitecture layersWithoutTurning(int every) {
        return with(a -> a.positions = a.positions.without(every));
    }

    /// A key and value of the configuration that every file of this architecture means, and that change nothing of what
    /// the family computes.
    public GgufArchitecture meaning(String key, Object value) {
        return with(a -> a.meanings.meant().put(key, value));
    }

    /// A key of the configuration that every file of this architecture means: a model with another value
    /// has no place in one.
    public GgufArchitecture fixing(String key, Object value) {
        return with(a -> a.meanings.fixed().put(key, value));
    }

    /// The same, but a configuration without the key means the value.
    public GgufArchitecture usually(String key, Object value) {
        return with(a -> a.meanings.usual().put(key, value));
    }

    /// A size has another key in the configuration than Llama's.
    ///
    /// @param hf empty for none
    public GgufArchitecture calling(String gguf, String hf) {
        return with(a ->
                a.keys.replaceAll(k -> k.gguf().equals(gguf) ? new GgufKey(gguf, hf, k.kind(), k.otherwise()) : k));
    }

    /// Norms are layer norms.
    ///
    /// @param hf the key of what is added to a variance
    /// @param otherwise its value where the configuration has none
    public GgufArchitecture layerNorms(String hf, double otherwise) {
        return with(a -> {
            a.keys.removeIf(k -> k.gguf().equals("attention.layer_norm_rms_epsilon"));
            a.keys.add(new GgufKey("attention.layer_norm_epsilon", hf, Kind.REAL, otherwise));
        });
    }

    /// A whole number that a file may have.
    public GgufArchitecture whole(String gguf, String hf) {
        return with(a -> a.keys.add(new GgufKey(gguf, hf, Kind.WHOLE, Double.NaN)));
    }

    /// A number above 0 that a file may have.
    public GgufArchitecture real(String gguf, String hf) {
        return real(gguf, hf, Double.NaN);
    }

    /// A number above 0.
    ///
    /// @param otherwise its value where the configuration has none
    public GgufArchitecture real(String gguf, String hf, double otherwise) {
        return with(a -> a.keys.add(new GgufKey(gguf, hf, Kind.REAL, otherwise)));
    }

    /// A switch.
    ///
    /// @param otherwise its value where the configuration has none
    public GgufArchitecture flag(String gguf, String hf, boolean otherwise) {
        return with(a -> a.keys.add(new GgufKey(gguf, hf, Kind.FLAG, otherwise ? 1 : 0)));
    }

    /// Many experts in the place of a feed-forward layer.
    ///
    /// @param hf the key of their number
    public GgufArchitecture experts(String hf) {
        return with(a -> {
                    GgufPlace.EXPERTS.forEach(a.places::put);
                    a.mark = EXPERTS;
                })
                .whole(EXPERTS, hf)
                .whole("expert_used_count", "num_experts_per_tok");
    }

    /// An expert that every token has.
    ///
    /// @param path of its linear layers
    public GgufArchitecture sharedExpert(String path) {
        return with(a ->
                GgufPlace.SHARED.forEach(p -> a.places.put(new GgufPlace(p.gguf(), path + "." + p.hf(), List.of()))));
    }

    /// Of two architectures of one name, this is that of files with the key, or the tensor.
    public GgufArchitecture toldBy(String keyOrTensor) {
        return with(a -> a.mark = keyOrTensor);
    }

    /// What the configuration means where it says nothing of rotary embedding.
    ///
    /// @param base θ
    /// @param share of a head's channels that turn
    public GgufArchitecture turning(double base, double share) {
        return with(a -> a.positions = a.positions.turning(base, share));
    }

    /// Factors of rotary frequencies may be others for long texts.
    public GgufArchitecture turningByLength() {
        return with(a -> a.positions = a.positions.byLength());
    }

    /// llama.cpp makes something else of yarn.
    public GgufArchitecture blending(GgufYarn kind) {
        return with(a -> a.yarn = kind);
    }

    /// What becomes of yarn.
    public GgufYarn yarn() {
        return yarn;
    }

    /// A key that says something otherwise than the configuration does; see `GgufDerived`.
    public GgufArchitecture deriving(
            String gguf, Function<GgufWholes, Object> written, String hf, Function<GgufWholes, Object> read) {
        return with(a -> a.derived.add(new GgufDerived(gguf, written, hf, read)));
    }

    /// A key that is written, and that says nothing that is not known without it.
    public GgufArchitecture noting(String gguf, Function<GgufWholes, Object> written) {
        return deriving(gguf, written, "", _ -> "");
    }

    /// Sizes that other architectures have have no key in the configuration of this one.
    public GgufArchitecture withoutKeys(String... gguf) {
        return with(a -> a.keys.removeIf(k -> List.of(gguf).contains(k.gguf())));
    }

    /// Layers are of two kinds, of which one attends.
    public GgufArchitecture mixing(GgufMixing kinds) {
        return with(a -> a.mixing = kinds);
    }

    /// Nothing turns.
    public GgufArchitecture withoutTurning() {
        return turning(0, 0);
    }

    /// A window in all layers but every so many, by llama.cpp's own rule.
    ///
    /// @param every period of layers that see all, from 2
    public GgufArchitecture windows(int every) {
        return windows(every, true);
    }

    /// A window in all layers, of which llama.cpp takes no notice.
    public GgufArchitecture windowsUnseen() {
        return windows(0, false);
    }

    private GgufArchitecture windows(int every, boolean isSeen) {
        return whole("attention.sliding_window", "sliding_window")
                .with(a -> a.positions = a.positions.windows(every, isSeen));
    }

    /// Scores of the model of that many layers are divided by √(C/H), not √D.
    public GgufArchitecture scaledByWidthAt(int count) {
        return with(a -> a.scaledByWidthAt = count);
    }

    /// Value of `general.architecture`.
    public String name() {
        return name;
    }

    /// Hugging Face's `model_type`.
    public String modelType() {
        return modelType;
    }

    /// Numbers and switches, in the order in which they are written.
    public List<GgufKey> keys() {
        return Collections.unmodifiableList(keys);
    }

    /// What every file means, and what stands in it.
    public GgufMeanings meanings() {
        return meanings;
    }

    /// What turns, and what sees a window.
    public GgufPositions positions() {
        return positions;
    }

    /// Layers of the model whose scores are divided by √(C/H); 0 for none.
    public int scaledByWidthAt() {
        return scaledByWidthAt;
    }

    /// Numbers in another form than a configuration's.
    public List<GgufDerived> derived() {
        return Collections.unmodifiableList(derived);
    }

    /// How layers of two kinds are told apart; empty where all are of one.
    public Optional<GgufMixing> mixing() {
        return Optional.ofNullable(mixing);
    }

    /// Whether a file says a size by a key of its own.
    public boolean says(String gguf) {
        return keys.stream().anyMatch(k -> k.gguf().equals(gguf));
    }

    /// Hugging Face's key of a size; empty if it has none.
    public String hf(String gguf) {
        Stream<String> own = keys.stream().filter(k -> k.gguf().equals(gguf)).map(GgufKey::hf);
        Stream<String> other =
                derived.stream().filter(d -> d.gguf().equals(gguf)).map(GgufDerived::hf);
        return Stream.concat(own, other).findFirst().orElse("");
    }

    /// Hugging Face's name of a tensor of the whole model, without `.weight`.
    String end(String gguf) {
        return places.found(gguf).hf();
    }

    List<GgufPlace> ends() {
        return places.ends();
    }

    List<GgufPlace> places() {
        return places.layer();
    }

    /// What layers are called, without their number.
    String layers() {
        return layers;
    }

    /// Whether rows of queries and keys move, so that all of a head must turn.
    public boolean turnsWhole() {
        return places().stream().anyMatch(p -> p.changes().contains(GgufChange.QUERY_PAIRS));
    }

    /// The key, or the tensor, that tells it from another of its name; empty for none.
    public String mark() {
        return mark;
    }
}
