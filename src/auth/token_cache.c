#include "token_cache_priv.h"

#include <string.h>

/* Slots are numbered from 1; 0 is the head of the ring of use (its next is the most recently used,
 * its previous the least) and "none" in the chains. */
struct slot {
    uint8_t digest[SHA256_LEN];
    struct verified *verified;
    uint32_t chain; /* the next slot of the same bucket, or of the free list */
    uint32_t newer, older;
};

struct token_cache {
    struct slot *slots;
    uint32_t *buckets;
    uint32_t bucket_mask;
    uint32_t unused; /* free list */
    size_t count;
};

enum status token_cache_new(TALLOC_CTX *mem, size_t capacity, struct token_cache **out)
{
    struct token_cache *cache = talloc_zero(mem, struct token_cache);
    uint32_t buckets = 1;

    while (buckets < capacity)
        buckets *= 2;
    if (cache == NULL)
        return STATUS_NO_MEMORY;
    cache->bucket_mask = buckets - 1;
    cache->slots = talloc_zero_array(cache, struct slot, (unsigned int)capacity + 1);
    cache->buckets = talloc_zero_array(cache, uint32_t, buckets);
    if (cache->slots == NULL || cache->buckets == NULL)
        return talloc_free(cache), STATUS_NO_MEMORY;
    for (uint32_t i = 1; i <= capacity; i++)
        cache->slots[i].chain = i < capacity ? i + 1 : 0;
    cache->unused = 1;
    *out = cache;
    return STATUS_OK;
}

/* Digests of tokens that verified: nobody can choose them to fall into one bucket. */
static uint32_t *bucket_of(struct token_cache *cache, const uint8_t digest[SHA256_LEN])
{
    uint32_t hash;

    memcpy(&hash, digest, sizeof hash);
    return &cache->buckets[hash & cache->bucket_mask];
}

/* The link that names the slot of the digest, or the one that ends its chain. */
static uint32_t *link_of(struct token_cache *cache, const uint8_t digest[SHA256_LEN])
{
    uint32_t *link = bucket_of(cache, digest);

    while (*link != 0 && memcmp(cache->slots[*link].digest, digest, SHA256_LEN) != 0)
        link = &cache->slots[*link].chain;
    return link;
}

static void detach(struct slot *slots, uint32_t i)
{
    slots[slots[i].newer].older = slots[i].older;
    slots[slots[i].older].newer = slots[i].newer;
}

/* In front of all others: `older` of the head is the newest. */
static void attach(struct slot *slots, uint32_t i)
{
    slots[i].newer = 0;
    slots[i].older = slots[0].older;
    slots[slots[0].older].newer = i;
    slots[0].older = i;
}

static void drop(struct token_cache *cache, uint32_t *link)
{
    uint32_t i = *link;
    struct slot *slot = &cache->slots[i];

    *link = slot->chain;
    detach(cache->slots, i);
    talloc_free(slot->verified);
    slot->verified = NULL;
    slot->chain = cache->unused;
    cache->unused = i;
    cache->count--;
}

const struct verified *token_cache_get(struct token_cache *cache, const uint8_t digest[SHA256_LEN])
{
    uint32_t i = *link_of(cache, digest);

    if (i == 0)
        return NULL;
    detach(cache->slots, i);
    attach(cache->slots, i);
    return cache->slots[i].verified;
}

void token_cache_put(struct token_cache *cache, const uint8_t digest[SHA256_LEN],
                     struct verified *verified)
{
    if (cache->unused == 0) /* full: the least recently used is the one before the head */
        drop(cache, link_of(cache, cache->slots[cache->slots[0].newer].digest));
    uint32_t i = cache->unused, *bucket = bucket_of(cache, digest);
    struct slot *slot = &cache->slots[i];
    cache->unused = slot->chain;
    memcpy(slot->digest, digest, SHA256_LEN);
    slot->verified = talloc_steal(cache, verified);
    slot->chain = *bucket;
    *bucket = i;
    attach(cache->slots, i);
    cache->count++;
}

void token_cache_remove(struct token_cache *cache, const uint8_t digest[SHA256_LEN])
{
    uint32_t *link = link_of(cache, digest);

    if (*link != 0)
        drop(cache, link);
}

void token_cache_prune(struct token_cache *cache, token_cache_keep_fn *keep, const void *arg)
{
    for (uint32_t i = cache->slots[0].older; i != 0;) {
        struct slot *slot = &cache->slots[i];
        i = slot->older;
        if (!keep(slot->verified, arg))
            drop(cache, link_of(cache, slot->digest));
    }
}

size_t token_cache_count(const struct token_cache *cache)
{
    return cache->count;
}
