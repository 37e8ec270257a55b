#include "contract_priv.h"
void api_reference(struct buf *out)
{
    buf_add_char(out, '\n');
}
